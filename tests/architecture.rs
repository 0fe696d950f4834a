//! The arrows of ARCHITECTURE.md: who may import whom, and what stands in one place only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ulak_core::session::cause::Cause;

/// A module may import what stands before it in this list, never what stands after it. Modules of one row do not
/// know each other, except where `BESIDE` says so.
const LAYERS: &[&[&str]] = &[
    &[
        "category", "clock", "durable", "error", "event", "exit", "ids", "language", "mark", "messages", "page",
        "paper", "stored", "table", "text",
    ],
    &["notice"],
    &["supervise"],
    &["db", "vault"],
    &["mail"],
    &["agenda", "feed", "ledger", "contact", "media", "program", "trigger"],
    &["webhook"],
    &["link_preview"],
    &["template"],
    &["session"],
    &["settings"],
    &["outbox"],
    &["inbound"],
    &["campaign"],
    &["backup"],
    &["app"],
    &["testing"],
];

/// The leaves know each other; the outbox's window is a plain type that settings hold.
const BESIDE: &[(&str, &str)] = &[
    ("category", "stored"),
    ("language", "stored"),
    ("ids", "clock"),
    ("event", "ids"),
    ("mark", "durable"),
    ("mark", "error"),
    ("messages", "error"),
    ("table", "durable"),
    ("table", "error"),
    ("vault", "db"),
    ("settings", "outbox"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    files(folder, &["rs"])
}

fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extensions));
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known)) {
            found.push(path);
        }
    }
    found
}

fn layer(module: &str) -> usize {
    LAYERS.iter().position(|row| row.contains(&module)).unwrap_or_else(|| panic!("{module} has no layer"))
}

/// The top-level module of a core file.
fn module_of(path: &Path) -> String {
    let core = root().join("src-tauri/core/src");
    let first = path.strip_prefix(&core).unwrap().components().next().unwrap();
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Everything that a build of the app is made of, each with its features.
fn feature_tree(more: &[&str]) -> String {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none", "--format", "{p} {f}"]);
    let output = tree.args(["--package", "ulak"]).args(more).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Clients that talk to the emulator skip the check of WhatsApp's certificate; nothing that is shipped may.
#[test]
fn what_ships_knows_neither_the_emulator_nor_anything_dangerous() {
    let wrong = |tree: &str| -> Vec<String> {
        let named = |line: &&str| line.contains("danger-") || line.contains("emulator");
        tree.lines().filter(named).map(str::to_owned).collect()
    };
    assert_eq!(wrong(&feature_tree(&[])), Vec::<String>::new());
    // The same look does find them in the build that has them.
    let with = wrong(&feature_tree(&["--features", "emulator"]));
    assert!(with.iter().any(|line| line.contains("danger-skip-cert-chain-verify")), "{with:?}");
}

/// What a source imports by `crate::…`, test modules at the end of a file left out.
fn imports(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let named = code.split("crate::").skip(1);
    let word = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    named.map(word).filter(|name| LAYERS.iter().any(|row| row.contains(&name.as_str()))).collect()
}

#[test]
fn arrows_go_one_way() {
    let mut wrong = Vec::new();
    for path in sources(&root().join("src-tauri/core/src")) {
        let from = module_of(&path);
        if from == "lib" {
            continue;
        }
        for to in imports(&fs::read_to_string(&path).unwrap()) {
            let beside = BESIDE.contains(&(from.as_str(), to.as_str()));
            if from != to && !beside && layer(&to) >= layer(&from) {
                wrong.push(format!("{} imports {to}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_outside_library_has_one_home() {
    let homes: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("tauri", &["src-tauri/src", "src-tauri/build.rs"][..]),
        ("keyring::", &["src-tauri/core/src/vault.rs"][..]),
        ("rlibphonenumber", &["src-tauri/core/src/contact/phone"][..]),
        ("whatsapp_rust", &["src-tauri/whatsapp"][..]),
        ("krilla", &["src-tauri/core/src/paper"][..]),
        ("axum", &["src-tauri/api"][..]),
        ("html5ever", &["src-tauri/core/src/link_preview/page.rs"][..]),
        ("lettre", &["src-tauri/outward"][..]),
        ("mrml", &["src-tauri/core/src/mail"][..]),
        ("ureq", &["src-tauri/outward"][..]),
        ("url::", &["src-tauri/core/src/webhook/address.rs", "src-tauri/whatsapp/src/passkey.rs"][..]),
    ]);
    for path in sources(&root().join("src-tauri")) {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        if shown.contains("/xtask/") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for (library, homes) in &homes {
            let used = source.lines().any(|line| {
                let code = line.trim_start();
                !code.starts_with("//") && code.contains(&format!("{}::", library.trim_end_matches("::")))
            });
            assert!(!used || homes.iter().any(|home| shown.starts_with(home)), "{shown} uses {library}");
        }
    }
}

/// The code of a source without what is compiled for tests alone.
fn shipped(source: &str) -> String {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let mut parts = code.split("#[cfg(any(test, feature = \"testing\"))]\nimpl");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |code, part| code + part.split_once("\n}\n").map_or("", |(_, rest)| rest))
}

/// Whoever has an App does what an owner can do, and nothing past it.
#[test]
fn nothing_hands_out_the_database() {
    let hands_out = |signature: &str| {
        let (_, answer) = signature.split_once("->").unwrap_or_default();
        ["Db", "PoolConnection", "SqliteConnection", "Common"].iter().any(|name| answer.contains(name))
    };
    let signatures = |source: &str| -> Vec<String> {
        let public =
            source.split("pub ").skip(1).filter(|rest| rest.starts_with("fn ") || rest.starts_with("async fn "));
        public.map(|rest| rest.split('{').next().unwrap().to_owned()).collect()
    };
    let mut seen = 0;
    for path in sources(&root().join("src-tauri/core/src/app")) {
        let signatures = signatures(&shipped(&fs::read_to_string(&path).unwrap()));
        seen += signatures.len();
        let wrong: Vec<_> = signatures.iter().filter(|signature| hands_out(signature)).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
    }
    // The door that tests have is found where nothing is left out.
    let whole = fs::read_to_string(root().join("src-tauri/core/src/app/mod.rs")).unwrap();
    assert!(seen > 50 && signatures(&whole).iter().any(|signature| hands_out(signature)));
}

#[test]
fn sql_stands_in_stores() {
    for path in sources(&root().join("src-tauri")) {
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        let source = fs::read_to_string(&path).unwrap();
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        let has_sql = code.contains("sqlx::query") || code.contains("QueryBuilder<Sqlite>");
        let is_store = ["store", "core/src/db", "settings.rs", "ledger/figures.rs", "outbox/receipt.rs"];
        assert!(
            !has_sql || is_store.iter().any(|name| shown.contains(name)) || shown.contains("tests"),
            "{shown} has SQL"
        );
    }
}

/// What WhatsApp's numbers mean is known to its crate alone: everywhere else causes have Ulak's own words.
#[test]
fn whatsapps_numbers_of_refusals_stay_in_its_crate() {
    let strange = |word: &str| word.starts_with("nack") || ["463", "475", "479"].contains(&word);
    let named = |path: &PathBuf| {
        let source = fs::read_to_string(path).unwrap();
        source.split(|c: char| !c.is_alphanumeric()).any(|word| strange(&word.to_lowercase()))
    };
    let mut read = vec![root().join("README.md"), root().join("docs/terminal.md"), root().join("migrations/SCHEMA.md")];
    for folder in ["src-tauri/core", "src-tauri/src", "ui/src", "ui/messages", "tests/journeys", "tests/properties"] {
        read.extend(files(&root().join(folder), &["rs", "ts", "svelte", "json"]));
    }
    assert_eq!(read.iter().filter(|path| named(path)).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
    // The same look does find them where they belong.
    assert!(named(&root().join("src-tauri/whatsapp/src/outcome.rs")));
}

/// Who reads the terminal's JSON looks a cause up there, and who reads the database in the page of the schema.
#[test]
fn every_cause_is_written_down() {
    for page in ["docs/terminal.md", "migrations/SCHEMA.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let missing = Cause::ALL.into_iter().filter(|cause| !text.contains(&format!("`{cause}`")));
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<Cause>::new(), "{page}");
    }
}

#[test]
fn every_cause_has_its_sentence_in_three_languages() {
    let coded = [Cause::Refused(String::new()), Cause::Rejected(String::new())];
    let causes = Cause::ALL.iter().chain(&coded).map(|cause| cause.to_string().trim_end_matches('_').to_owned());
    let causes: BTreeSet<String> = causes.collect();
    for language in ["en", "tr", "id"] {
        let messages = fs::read_to_string(root().join(format!("ui/messages/{language}.json"))).unwrap();
        let messages: BTreeMap<String, serde_json::Value> = serde_json::from_str(&messages).unwrap();
        let said = messages.keys().filter_map(|key| Some(key.strip_prefix("live_cause_")?.to_owned()));
        assert_eq!(said.collect::<BTreeSet<_>>(), causes, "{language}");
        for coded in ["live_cause_refused", "live_cause_rejected"] {
            assert!(messages[coded].as_str().unwrap().contains("{code}"), "{coded} in {language}");
        }
    }
}

/// `Row::get` panics where a column is NULL or of another shape; `try_get` says so.
#[test]
fn rows_are_read_without_panics() {
    let mut wrong = Vec::new();
    for path in sources(&root().join("src-tauri")) {
        let source = fs::read_to_string(&path).unwrap();
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        if code.contains("sqlx") && (code.contains("row.get(") || code.contains("row.get::<")) {
            wrong.push(path);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_shell_decides_nothing() {
    for path in sources(&root().join("src-tauri/src/commands")) {
        let source = fs::read_to_string(&path).unwrap();
        let bodies = source.split("pub async fn ").skip(1).filter(|_| source.contains("#[tauri::command]"));
        for body in bodies {
            let lines = body.lines().take_while(|line| *line != "}").count();
            assert!(lines <= 11, "{}: a command of {lines} lines", path.display());
        }
    }
}

/// The files of a folder that each file of it imports.
fn siblings(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let files: Vec<PathBuf> = files.filter(|path| name(path) != "mod").collect();
    let names: Vec<String> = files.iter().map(|path| name(path)).collect();
    let absolute = format!("crate::{}::", name(folder));
    let imported = |path: &PathBuf| {
        let source = fs::read_to_string(path).unwrap();
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
        let named = code.split("super::").skip(1).chain(code.split(absolute.as_str()).skip(1));
        let mut found: Vec<String> =
            named.flat_map(heads).filter(|head| names.contains(head) && *head != name(path)).collect();
        found.sort();
        found.dedup();
        (name(path), found)
    };
    files.iter().map(imported).collect()
}

/// The first names of a path or of a list of paths: `store::{a, b}` is `store`, `{a::B, c}` is `a` and `c`.
fn heads(path: &str) -> Vec<String> {
    let word = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    match path.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap().split(',').map(word).collect(),
        None => vec![word(path)],
    }
}

/// Who imports whom in a circle, each after the one it imports.
fn circle(imports: &BTreeMap<String, Vec<String>>) -> Option<Vec<String>> {
    fn walk(imports: &BTreeMap<String, Vec<String>>, path: &mut Vec<String>) -> Option<Vec<String>> {
        for next in &imports[path.last().unwrap()] {
            if let Some(start) = path.iter().position(|name| name == next) {
                return Some(path[start..].to_vec());
            }
            path.push(next.clone());
            if let Some(found) = walk(imports, path) {
                return Some(found);
            }
            path.pop();
        }
        None
    }
    imports.keys().find_map(|name| walk(imports, &mut vec![name.clone()]))
}

#[test]
fn files_of_a_folder_import_each_other_one_way() {
    for folder in [
        "session", "outbox", "campaign", "contact", "inbound", "ledger", "mail", "template", "media", "webhook",
        "backup",
    ] {
        let imports = siblings(&root().join("src-tauri/core/src").join(folder));
        assert!(!imports.is_empty());
        assert_eq!(circle(&imports), None, "in {folder}");
    }
    let round = |names: [(&str, &str); 2]| {
        circle(&names.map(|(from, to)| (from.to_owned(), vec![to.to_owned()])).into_iter().collect())
    };
    assert_eq!(round([("one", "two"), ("two", "one")]), Some(vec!["one".to_owned(), "two".to_owned()]));
}

/// Where the statements on a table stand: in the feature that it belongs to.
const TABLES: &[(&str, &[&str])] = &[
    ("settings.rs", &["settings"]),
    (
        "contact/",
        &[
            "contacts",
            "contact_tags",
            "contact_fields",
            "contact_counts",
            "tag_counts",
            "imports",
            "import_refusals",
            "import_changes",
            "import_layouts",
            "suppressions",
            "past_consents",
            "standings",
            "erased_people",
            "erasure_keys",
            "acts",
            "act_changes",
            "promotions",
            "lids",
            "accounts",
            "phone_names",
            "segments",
            "contact_values",
            "contact_values_due",
            "merged_contacts",
            "contact_words",
            "contact_words_due",
            "contact_index",
        ],
    ),
    ("agenda/", &["jobs"]),
    ("mail/", &["mail_account", "mail_templates", "mail_wanted", "mails"]),
    ("webhook/", &["webhooks", "webhook_deliveries"]),
    ("feed/", &["changes", "change_marks"]),
    ("session/", &["sessions", "notes"]),
    ("media/", &["media", "campaign_media", "template_media", "message_media", "version_media", "uploads"]),
    ("program/", &["tokens", "given_answers", "bulk_jobs", "bulk_places"]),
    (
        "trigger/",
        &[
            "triggers",
            "trigger_events",
            "trigger_messages",
            "trigger_keys",
            "trigger_folders",
            "trigger_files",
            "trigger_rows",
        ],
    ),
    ("template/", &["templates"]),
    ("ledger/", &["ledger", "ledger_totals", "ledger_counts", "ledger_quarters", "ledger_checkpoints", "ledger_seals"]),
    (
        "outbox/",
        &[
            "queues",
            "queue_clocks",
            "queue_counts",
            "messages",
            "parts",
            "attempts",
            "senders",
            "chats",
            "troubled_messages",
            "postponements",
            "message_rows",
            "message_words",
            "message_index",
            "message_wordings",
            "quarter_figures",
            "queue_spans",
        ],
    ),
    ("inbound/", &["replies", "reply_files", "reply_counts", "answers", "answer_counts"]),
    ("backup/", &["backups"]),
    ("link_preview/", &["link_previews", "unused_link_previews"]),
    ("campaign/", &["campaigns", "campaign_counts", "versions", "repeats", "repeat_runs", "repeat_people"]),
];

/// The tables that a source's statements name.
fn tables(source: &str) -> Vec<String> {
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words: Vec<&str> = lines.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_')).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let named = words.windows(2).filter(|pair| ["FROM", "JOIN", "INTO", "UPDATE", "EXISTS"].contains(&pair[0]));
    let mut found: Vec<String> = named.map(|pair| pair[1].to_owned()).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn a_table_is_named_where_it_belongs() {
    let owned: BTreeMap<&str, &str> =
        TABLES.iter().flat_map(|(owner, tables)| tables.iter().map(|table| (*table, *owner))).collect();
    let core = root().join("src-tauri/core/src");
    let mut guests: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in sources(&core) {
        let file = path.strip_prefix(&core).unwrap().display().to_string();
        let source = fs::read_to_string(&path).unwrap();
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        let strange = |table: &String| owned.get(table.as_str()).is_some_and(|owner| !file.starts_with(owner));
        let strange: Vec<String> = tables(code).into_iter().filter(strange).collect();
        if !strange.is_empty() && !file.starts_with("testing/") {
            guests.insert(file, strange);
        }
    }
    assert_eq!(guests, BTreeMap::new());
}

#[test]
fn every_table_belongs_to_somebody() {
    let (mut made, mut dropped, mut renamed) = (Vec::new(), Vec::new(), Vec::new());
    for entry in fs::read_dir(root().join("migrations")).unwrap().map(Result::unwrap) {
        let migration = fs::read_to_string(entry.path()).unwrap();
        let name = |rest: &str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned();
        made.extend(migration.split("\nCREATE TABLE ").skip(1).map(name));
        dropped.extend(migration.split("\nDROP TABLE ").skip(1).map(name));
        renamed.extend(migration.split(" RENAME TO ").skip(1).map(name));
    }
    // A table that is made anew has another name until it takes the old one's place.
    made.retain(|table| !table.ends_with("_2") && (!dropped.contains(table) || renamed.contains(table)));
    assert!(made.len() > 15, "{made:?}");
    for table in made {
        assert!(TABLES.iter().any(|(_, tables)| tables.contains(&table.as_str())), "{table} belongs to nobody");
    }
}

/// SQLite takes the conflict clause of the statement that fires a trigger in place of the trigger's own `OR IGNORE`, so
/// an upsert would fail there. `ON CONFLICT` behind the values stays what it is.
#[test]
fn a_trigger_says_on_conflict_and_not_or_ignore() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("migrations")).unwrap().map(Result::unwrap) {
        let migration = fs::read_to_string(entry.path()).unwrap();
        for trigger in migration.split("CREATE TRIGGER ").skip(1) {
            let trigger = trigger.split("END;").next().unwrap();
            seen += 1;
            assert!(
                !trigger.contains("INSERT OR ") && !trigger.contains("UPDATE OR "),
                "{:?}: {trigger}",
                entry.path()
            );
        }
    }
    assert!(seen > 20);
}

/// Windows lets only those see a file onto its disk who opened it to write; elsewhere nobody would notice.
#[test]
fn what_is_synced_was_opened_to_write() {
    let read_only = |source: &str| {
        source.split(';').any(|statement| statement.contains("File::open(") && statement.contains("sync_"))
    };
    for path in sources(&root().join("src-tauri/core")) {
        let source = fs::read_to_string(&path).unwrap();
        // Folders, which Windows does not open.
        assert_eq!(read_only(&source), path.ends_with("core/src/durable.rs"), "{}", path.display());
    }
}

/// Of two shapes of one name the API's document has one, and generated clients read the other by it.
#[test]
fn shapes_of_the_api_have_a_name_each() {
    let mut names = BTreeSet::new();
    for path in sources(&root().join("src-tauri/api")) {
        let source = fs::read_to_string(&path).unwrap();
        for (_, behind) in source.match_indices("ToSchema)]").map(|(at, mark)| source.split_at(at + mark.len())) {
            let mut words = behind.split_whitespace().skip_while(|word| !matches!(*word, "struct" | "enum"));
            let name: String = words.nth(1).unwrap().chars().take_while(|c| c.is_alphanumeric()).collect();
            assert!(names.insert(name.clone()), "{name} again, in {}", path.display());
        }
    }
    assert!(names.len() > 50);
}
