//! Templates: text with `{{variables}}` and offered answers, and those that are stored for reuse.
//!
//! `parse`, `render`, `choice` and `answer` are pure: a text is taken apart once, filled for each contact, and its answers
//! are recognised in a reply. `stored` is what an owner has for reuse, `store` its table, `ready` the templates that come
//! with Ulak, `exchange` their file.

pub mod answer;
pub mod choice;
pub mod exchange;
pub mod parse;
pub mod ready;
pub mod render;
pub mod store;
pub mod stored;

pub use crate::category::Category;
pub use crate::language::Language;
pub use answer::recognise;
pub use choice::{Choice, ChoiceError, ChoiceStyle, Offer, whole_text};
pub use parse::{Segment, Template, TemplateError};
pub use ready::ReadyTemplate;
pub use render::{Missing, render, whatsapp_length};
pub use stored::{Samples, TemplateEdit, TemplateKind, TemplateRow, TemplateView, check, variables};
