//! The loopback REST API.
