//! Text with `{{variables}}` and offered answers: taken apart once, filled for each contact, recognised in a reply. Pure.

pub mod answer;
pub mod choice;
pub mod parse;
pub mod render;

pub use answer::recognise;
pub use choice::{Choice, ChoiceError, ChoiceStyle, Offer, whole_text};
pub use parse::{Segment, Template, TemplateError};
pub use render::{Missing, render, whatsapp_length};
