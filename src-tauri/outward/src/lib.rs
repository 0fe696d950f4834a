//! What leaves for a URL or an SMTP server.
