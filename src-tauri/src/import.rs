//! `ulak import`: a list from a file into the contacts, with the code of the window's import.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use ulak_core::app::{App, Opening};
use ulak_core::contact::Standing;
use ulak_core::contact::import::{
    Column, ColumnUse, ImportOptions, ImportPreview, ImportProgress, ImportState, ImportStep, Origin, Ticked,
};
use ulak_core::contact::phone::PhoneError;
use ulak_core::error::Problem;
use ulak_core::ids::ImportId;

use crate::terminal::{self, Voice};

#[derive(Args)]
pub struct Options {
    /// The list: XLSX, XLS, ODS, CSV, or the cards of an address book
    file: PathBuf,
    /// The sheet of a workbook, by its name or its number; without it the first that is not empty
    #[arg(long, value_name = "SHEET")]
    sheet: Option<String>,
    /// What a column is, by its header or its number: phone, name, email, tags, consent, consent_date, consent_source,
    /// list, ignore, or the name of a field; may be given several times, and several columns may be phones or names
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// On which list everybody comes: normal, gray or black
    #[arg(long, value_name = "LIST", default_value = "normal", value_parser = standing)]
    list: Standing,
    /// A tag for everybody; may be given several times
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// The country of phones without a country code, as TR or ID; without it the one of the settings
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// A contact for each phone of a row; without it each row takes its best one
    #[arg(long)]
    each_phone: bool,
    /// Let doubtful rows come in, with the phone that is probably meant: a row's number, a reason's code as
    /// phone.no_plus, or all; may be given several times
    #[arg(long, value_name = "WHICH")]
    doubtful: Vec<String>,
    /// Write the rows that stay out with their reasons to this XLSX or CSV
    #[arg(long, value_name = "OUT")]
    rejected: Option<PathBuf>,
    /// One JSON object per event on a line of standard output, the last one the result
    #[arg(long)]
    json: bool,
}

pub fn standing(word: &str) -> Result<Standing, String> {
    [Standing::Normal, Standing::Gray, Standing::Black]
        .into_iter()
        .find(|standing| standing.as_str() == word)
        .ok_or_else(|| "normal, gray or black".to_owned())
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        let origin = Origin::File { path: options.file.clone() };
        let (chosen, preview) = chosen(app, &origin, &options).await?;
        preview.notices.iter().for_each(|notice| voice.notice(notice));
        preview.columns.iter().for_each(|column| tell_column(voice, column));
        let id = app.people().start_import(origin, chosen, ImportStep::Import).await?;
        let end = to_the_end(app, id, voice).await?;
        if let Some(out) = &options.rejected {
            app.people().export_refused(id, out).await?;
        }
        terminal::tell_refusals(app, id, voice).await?;
        tell_end(voice, &end);
        end.error.map_or(Ok(end.state == ImportState::Done), Err)
    })
}

/// The options as the window would have them after the owner's choices, and what they make of the first rows.
async fn chosen(app: &App, origin: &Origin, options: &Options) -> Result<(ImportOptions, ImportPreview), Problem> {
    let mut chosen = ImportOptions {
        country: options.country.clone(),
        standing: options.list,
        tags: options.tag.clone(),
        ticked: ticked(&options.doubtful),
        each_phone: options.each_phone,
        ..ImportOptions::default()
    };
    chosen.sheet = sheet(app, origin, options, &chosen).await?;
    let preview = app.people().preview_import(origin, &chosen).await;
    if options.map.is_empty() {
        let preview = preview?;
        chosen.columns = Some(preview.columns.iter().map(|column| column.used.clone()).collect());
        return Ok((chosen, preview));
    }
    // Where no column looks like phones, the first is asked for as them, so that another one can be named.
    let columns = match preview {
        Err(problem) if problem.code == "import.no_phone_column" => {
            let pointed = ImportOptions { columns: Some(vec![ColumnUse::Phone]), ..chosen.clone() };
            let shown = app.people().preview_import(origin, &pointed).await?;
            shown.columns.into_iter().map(|column| Column { used: ColumnUse::Ignore, ..column }).collect()
        }
        preview => preview?.columns,
    };
    chosen.columns = Some(mapped(&columns, &options.map)?);
    let preview = app.people().preview_import(origin, &chosen).await?;
    Ok((chosen, preview))
}

fn ticked(which: &[String]) -> Ticked {
    let mut ticked = Ticked::default();
    for word in which {
        match word.parse() {
            Ok(row) => drop(ticked.rows.insert(row)),
            Err(_) if word == "all" => ticked.reasons.extend(PhoneError::DOUBTFUL.map(str::to_owned)),
            Err(_) => ticked.reasons.push(word.clone()),
        }
    }
    ticked
}

/// A number counts the sheets as they are listed.
async fn sheet(
    app: &App,
    origin: &Origin,
    options: &Options,
    chosen: &ImportOptions,
) -> Result<Option<String>, Problem> {
    let Some(wanted) = &options.sheet else { return Ok(None) };
    let Ok(number) = wanted.parse::<usize>() else { return Ok(Some(wanted.clone())) };
    let sheets = app.people().preview_import(origin, chosen).await.map(|preview| preview.sheets).unwrap_or_default();
    let named = sheets.iter().any(|sheet| sheet == wanted);
    let counted = number.checked_sub(1).and_then(|at| sheets.get(at)).filter(|_| !named);
    Ok(Some(counted.unwrap_or(wanted).clone()))
}

fn mapped(columns: &[Column], map: &[String]) -> Result<Vec<ColumnUse>, Problem> {
    let mut uses: Vec<ColumnUse> = columns.iter().map(|column| column.used.clone()).collect();
    for pair in map {
        let (column, field) = pair.rsplit_once('=').ok_or_else(|| unmapped(pair))?;
        let at = place(columns, column.trim()).ok_or_else(|| unmapped(pair))?;
        uses.get_mut(at).into_iter().for_each(|old| *old = use_of(field.trim()));
    }
    Ok(uses)
}

fn place(columns: &[Column], named: &str) -> Option<usize> {
    let header = |column: &Column| column.header.trim().to_lowercase() == named.to_lowercase();
    let counted = || named.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < columns.len());
    columns.iter().position(header).or_else(counted)
}

fn use_of(field: &str) -> ColumnUse {
    match field {
        "phone" => ColumnUse::Phone,
        "name" => ColumnUse::Name,
        "email" => ColumnUse::Email,
        "tags" => ColumnUse::Tags,
        "consent" => ColumnUse::Consent,
        "consent_date" => ColumnUse::ConsentDate,
        "consent_source" => ColumnUse::ConsentSource,
        "list" => ColumnUse::Standing,
        "ignore" => ColumnUse::Ignore,
        name => ColumnUse::Field { name: name.to_owned() },
    }
}

fn unmapped(pair: &str) -> Problem {
    let sentence = format!("--map {pair}: there is no such column. Name it by its header or its number, as 2=phone.");
    terminal::problem("terminal.no_column", sentence)
}

async fn to_the_end(app: &App, id: ImportId, voice: Voice) -> Result<ImportProgress, Problem> {
    let mut events = app.events().subscribe();
    loop {
        if let Some(at) = app.people().import_progress(id) {
            if at.state != ImportState::Running {
                return Ok(at);
            }
            voice.event(&json!({ "event": "importing", "percent": at.percent, "rows": at.totals.rows }));
        }
        // One that was missed has said nothing else.
        let _ = events.recv().await;
    }
}

fn tell_column(voice: Voice, column: &Column) {
    voice.event(&json!({ "event": "column", "header": column.header, "use": column.used }));
    let used = match &column.used {
        ColumnUse::Field { name } => format!("field {name}"),
        other => format!("{other:?}").to_lowercase(),
    };
    voice.line(&format!("  {:<32} {used}", column.header));
}

fn tell_end(voice: Voice, end: &ImportProgress) {
    let totals = end.totals;
    voice.event(&json!({ "event": "result", "state": end.state, "totals": totals, "consent": end.consent, "lost_cells": end.lost_cells, "repaired": end.repaired }));
    voice.line(&format!(
        "{} rows: {} new, {} completed, {} unchanged, {} twice, {} doubtful, {} refused.",
        totals.rows,
        totals.new,
        totals.known.saturating_sub(totals.unchanged),
        totals.unchanged,
        totals.twice,
        totals.doubtful,
        totals.refused
    ));
}
