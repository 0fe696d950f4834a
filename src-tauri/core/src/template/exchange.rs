//! Templates as one file, to be kept elsewhere or handed on: JSON with the files inside as Base64. Pure.
//!
//! A file that is read back is prepared anew, so nothing that somebody put into it reaches a phone unprepared.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::Choice;
use super::Language;
use super::store::NewTemplate;
use super::{Category, Samples, TemplateView, check};
use crate::error::{Coded, Params};
use crate::params;

const MARK: &str = "ulak-templates";
const VERSION: u32 = 1;
/// Far above any list of texts with a few pictures each.
pub const SIZE_LIMIT: u64 = 512 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Sheet {
    kind: String,
    version: u32,
    #[serde(default)]
    templates: Vec<Packed>,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    name: String,
    category: Category,
    language: Language,
    #[serde(default = "yes")]
    active: bool,
    text: String,
    #[serde(default)]
    choice: Option<Choice>,
    #[serde(default)]
    split_long_caption: bool,
    #[serde(default)]
    samples: Samples,
    #[serde(default)]
    files: Vec<PackedFile>,
}

#[derive(Serialize, Deserialize)]
struct PackedFile {
    name: String,
    #[serde(rename = "as")]
    kind: String,
    content: String,
}

fn yes() -> bool {
    true
}

/// A template out of a file, with its files as they were packed.
pub struct Unpacked {
    pub template: NewTemplate,
    pub files: Vec<UnpackedFile>,
}

pub struct UnpackedFile {
    pub name: String,
    pub wish: ulak_media::Wish,
    pub bytes: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum TemplateFileError {
    #[error("This template is no longer there.")]
    Gone,
    #[error("The file cannot be read ({reason}). Check that it still exists and that you may open it.")]
    Unreadable { reason: String },
    #[error("The file cannot be written ({reason}). Choose another folder.")]
    Unwritable { reason: String },
    #[error("This is not a file of templates. Choose one that was saved under Templates.")]
    NotAList,
    #[error("This file comes from a newer Ulak. Update Ulak, then import it.")]
    Newer,
    #[error("The template {name} in this file is damaged. Nothing was imported.")]
    Broken { name: String },
}

impl Coded for TemplateFileError {
    fn code(&self) -> &'static str {
        match self {
            Self::Gone => "template.gone",
            Self::Unreadable { .. } => "template.file_unreadable",
            Self::Unwritable { .. } => "template.file_unwritable",
            Self::NotAList => "template.not_a_list",
            Self::Newer => "template.newer",
            Self::Broken { .. } => "template.broken",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Unreadable { reason } | Self::Unwritable { reason } => params! { reason: reason },
            Self::Broken { name } => params! { name: name },
            Self::Gone | Self::NotAList | Self::Newer => Params::new(),
        }
    }
}

/// Each template with the contents of its files, in their order.
pub fn pack(templates: &[(TemplateView, Vec<Vec<u8>>)]) -> Result<Vec<u8>, TemplateFileError> {
    let packed = templates.iter().map(|(template, contents)| packed(template, contents)).collect();
    let sheet = Sheet { kind: MARK.to_owned(), version: VERSION, templates: packed };
    serde_json::to_vec_pretty(&sheet).map_err(|error| TemplateFileError::Unwritable { reason: error.to_string() })
}

fn packed(template: &TemplateView, contents: &[Vec<u8>]) -> Packed {
    let file = |(item, bytes): (&crate::media::attachment::MediaItem, &Vec<u8>)| PackedFile {
        name: item.name.clone(),
        kind: item.kind.as_str().to_owned(),
        content: BASE64.encode(bytes),
    };
    Packed {
        name: template.name.clone(),
        category: template.category,
        language: template.language,
        active: template.active,
        text: template.text.clone(),
        choice: template.choice.clone(),
        split_long_caption: template.split_long_caption,
        samples: template.samples.clone(),
        files: template.media.iter().zip(contents).map(file).collect(),
    }
}

pub fn unpack(bytes: &[u8]) -> Result<Vec<Unpacked>, TemplateFileError> {
    /// Read first, because what follows may have another shape in a newer version.
    #[derive(Deserialize)]
    struct Head {
        kind: String,
        version: u32,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| TemplateFileError::NotAList)?;
    if head.kind != MARK {
        return Err(TemplateFileError::NotAList);
    }
    if head.version > VERSION {
        return Err(TemplateFileError::Newer);
    }
    let sheet: Sheet = serde_json::from_slice(bytes).map_err(|_| TemplateFileError::NotAList)?;
    sheet.templates.into_iter().map(unpacked).collect()
}

fn unpacked(one: Packed) -> Result<Unpacked, TemplateFileError> {
    let broken = || TemplateFileError::Broken { name: one.name.clone() };
    check(&one.text, one.choice.as_ref()).map_err(|_| broken())?;
    let file = |file: &PackedFile| {
        let bytes = BASE64.decode(file.content.as_bytes()).map_err(|_| broken())?;
        Ok(UnpackedFile { name: file.name.clone(), wish: wish(&file.kind), bytes })
    };
    let files = one.files.iter().map(file).collect::<Result<_, _>>()?;
    let template = NewTemplate {
        name: one.name,
        category: one.category,
        language: one.language,
        active: one.active,
        text: one.text,
        choice: one.choice,
        // Looked at where it is wanted.
        link_preview: None,
        split_long_caption: one.split_long_caption,
        samples: one.samples,
    };
    Ok(Unpacked { template, files })
}

/// As what a file is to be prepared again.
fn wish(kind: &str) -> ulak_media::Wish {
    match kind {
        "audio" => ulak_media::Wish::Audio,
        "document" => ulak_media::Wish::Document,
        _ => ulak_media::Wish::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> &'static str {
        unpack(text.as_bytes()).err().unwrap().code()
    }

    #[test]
    fn what_is_no_list_of_templates_is_refused_by_what_is_wrong_with_it() {
        assert_eq!(refused("{}"), "template.not_a_list");
        assert_eq!(refused(r#"{"kind":"other","version":1}"#), "template.not_a_list");
        assert_eq!(refused(r#"{"kind":"ulak-templates","version":2,"sheets":[]}"#), "template.newer");
        let one = |text: &str, files: &str| {
            format!(
                r#"{{"kind":"ulak-templates","version":1,"templates":[{{"name":"A","category":"reminder","language":"tr","text":"{text}","files":{files}}}]}}"#
            )
        };
        assert_eq!(refused(&one("Hi {{name", "[]")), "template.broken");
        assert_eq!(refused(&one("Hi", r#"[{"name":"a.jpg","as":"image","content":"%"}]"#)), "template.broken");
        let read = unpack(one("Hi {{name}}", "[]").as_bytes()).unwrap();
        assert!(read.len() == 1 && read.iter().all(|one| one.template.active));
    }
}
