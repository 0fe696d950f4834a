//! Text with `{{variables}}`: taken apart once, filled for each contact. Pure.

pub mod parse;
pub mod render;

pub use parse::{Segment, Template, TemplateError};
pub use render::{render, whatsapp_length};
