//! The yardstick: SQLite's own interface, called directly on this thread, over a file with the key, the pragmas and
//! the schema that Ulak's has (`ulak_core::db::connect_options`). Prepared statements are stepped in a loop, values
//! are bound without a copy.
#![expect(unsafe_code, reason = "SQLite's interface is C")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;
use std::{ptr, slice};

use libsqlite3_sys as ffi;
use ulak_core::db::database_file;

use crate::Outcome;

const PRAGMAS: &str = "PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA foreign_keys = on;
    PRAGMA busy_timeout = 5000; PRAGMA cache_size = -65536; PRAGMA temp_store = memory;
    PRAGMA wal_autocheckpoint = 16384;";

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<uuid::Uuid> for Value {
    fn from(id: uuid::Uuid) -> Self {
        Self::Blob(id.as_bytes().to_vec())
    }
}

pub struct Raw(*mut ffi::sqlite3);

impl Raw {
    /// Opens the database of a data folder.
    pub fn open(folder: &Path) -> Outcome<Self> {
        let file = CString::new(database_file(folder).to_string_lossy().as_bytes())?;
        let mut db = ptr::null_mut();
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE | ffi::SQLITE_OPEN_NOMUTEX;
        // SAFETY: the name ends in a NUL, and SQLite fills `db` even when it fails.
        let code = unsafe { ffi::sqlite3_open_v2(file.as_ptr(), &mut db, flags, ptr::null()) };
        let raw = Self(db);
        raw.check(code)?;
        let key: String = ulak_core::testing::KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        raw.run(&format!("PRAGMA key = \"x'{key}'\"; {PRAGMAS}"))?;
        Ok(raw)
    }

    /// Statements without values.
    pub fn run(&self, sql: &str) -> Outcome<()> {
        let sql = CString::new(sql)?;
        // SAFETY: the text ends in a NUL; no callback is given.
        self.check(unsafe { ffi::sqlite3_exec(self.0, sql.as_ptr(), None, ptr::null_mut(), ptr::null_mut()) })
    }

    pub fn prepare(&self, sql: &str) -> Outcome<Statement<'_>> {
        let sql = CString::new(sql)?;
        let mut statement = ptr::null_mut();
        // SAFETY: the text ends in a NUL, which a length of -1 says.
        let code = unsafe { ffi::sqlite3_prepare_v2(self.0, sql.as_ptr(), -1, &mut statement, ptr::null_mut()) };
        self.check(code)?;
        Ok(Statement { raw: statement, db: self })
    }

    /// All rows that a statement answers with.
    pub fn rows(&self, sql: &str) -> Outcome<Vec<Vec<Value>>> {
        let mut statement = self.prepare(sql)?;
        let mut rows = Vec::new();
        while let Some(row) = statement.next()? {
            rows.push(row);
        }
        Ok(rows)
    }

    fn check(&self, code: c_int) -> Outcome<()> {
        if matches!(code, ffi::SQLITE_OK | ffi::SQLITE_ROW | ffi::SQLITE_DONE) {
            return Ok(());
        }
        // SAFETY: SQLite's message is a C string, valid until the next call.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.0)) };
        Err(format!("SQLite answered {code}: {}", message.to_string_lossy()).into())
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: opened by `open`; statements borrow the connection, so none is left.
        unsafe { ffi::sqlite3_close(self.0) };
    }
}

pub struct Statement<'db> {
    raw: *mut ffi::sqlite3_stmt,
    db: &'db Raw,
}

impl Statement<'_> {
    /// Runs it with these values, to the end.
    pub fn run(&mut self, values: &[Value]) -> Outcome<()> {
        for (place, value) in (1..).zip(values) {
            self.bind(place, value)?;
        }
        // SAFETY: the statement is alive, and what is bound to it lives until after the reset.
        let stepped = unsafe { ffi::sqlite3_step(self.raw) };
        self.db.check(stepped)?;
        // SAFETY: as above.
        self.db.check(unsafe { ffi::sqlite3_reset(self.raw) })
    }

    /// The next row of a statement without values.
    pub fn next(&mut self) -> Outcome<Option<Vec<Value>>> {
        // SAFETY: the statement is alive.
        let stepped = unsafe { ffi::sqlite3_step(self.raw) };
        self.db.check(stepped)?;
        if stepped == ffi::SQLITE_DONE {
            // SAFETY: as above.
            self.db.check(unsafe { ffi::sqlite3_reset(self.raw) })?;
            return Ok(None);
        }
        // SAFETY: as above.
        let columns = unsafe { ffi::sqlite3_column_count(self.raw) };
        Ok(Some((0..columns).map(|column| self.column(column)).collect()))
    }

    fn bind(&self, place: c_int, value: &Value) -> Outcome<()> {
        let length = |bytes: &[u8]| c_int::try_from(bytes.len()).unwrap_or(c_int::MAX);
        // SAFETY: the values outlive the step (see `run`), so SQLite need not copy them (SQLITE_STATIC).
        let code = unsafe {
            match value {
                Value::Null => ffi::sqlite3_bind_null(self.raw, place),
                Value::Integer(number) => ffi::sqlite3_bind_int64(self.raw, place, *number),
                Value::Text(text) => {
                    let bytes = text.as_bytes();
                    ffi::sqlite3_bind_text(self.raw, place, bytes.as_ptr().cast::<c_char>(), length(bytes), None)
                }
                Value::Blob(bytes) => {
                    ffi::sqlite3_bind_blob(self.raw, place, bytes.as_ptr().cast(), length(bytes), None)
                }
            }
        };
        self.db.check(code)
    }

    fn column(&self, column: c_int) -> Value {
        // SAFETY: the statement stands on a row; text and blob are read before the next step.
        unsafe {
            let bytes = |start: *const u8| {
                let length = usize::try_from(ffi::sqlite3_column_bytes(self.raw, column)).unwrap_or(0);
                if length == 0 { Vec::new() } else { slice::from_raw_parts(start, length).to_vec() }
            };
            match ffi::sqlite3_column_type(self.raw, column) {
                ffi::SQLITE_INTEGER => Value::Integer(ffi::sqlite3_column_int64(self.raw, column)),
                ffi::SQLITE_TEXT => {
                    let text = bytes(ffi::sqlite3_column_text(self.raw, column));
                    Value::Text(String::from_utf8_lossy(&text).into_owned())
                }
                ffi::SQLITE_BLOB => Value::Blob(bytes(ffi::sqlite3_column_blob(self.raw, column).cast())),
                _ => Value::Null,
            }
        }
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: prepared by `prepare`, finalised once.
        unsafe { ffi::sqlite3_finalize(self.raw) };
    }
}
