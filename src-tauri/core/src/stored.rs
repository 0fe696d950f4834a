//! One way to and from SQL for what is stored as a word or as JSON, as `ids` is for ids.
//!
//! What this build does not know is an error of the read. There is no default to fall back to: a default would send,
//! charge or widen an audience on the strength of something that nobody understood.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{Sqlite, SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};

/// A stored word that names none of the values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is no {of}")]
pub struct UnknownWord {
    pub of: &'static str,
    pub word: String,
}

/// Gives an enum its stored words: `ALL`, `FromStr`, and a column that binds and reads it. Values that carry nothing have
/// `as_str`. An enum whose last values carry somebody else's code is `Display`, and `ALL` is without those.
macro_rules! stored_words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word in the database, which the table's CHECK knows too.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::stored::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                let unknown = || $crate::stored::UnknownWord { of: stringify!($name), word: word.to_owned() };
                Self::ALL.into_iter().find(|value| value.as_str() == word).ok_or_else(unknown)
            }
        }

        $crate::stored::stored_text!($name, |value: &$name| value.as_str());
    };
    ($name:ident { $($variant:ident = $word:literal),+; $($coded:ident = $prefix:literal),+ $(,)? }) => {
        impl $name {
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant => f.write_str($word),)+
                    $(Self::$coded(code) => write!(f, "{}{code}", $prefix)),+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::stored::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => None
                        $(.or_else(|| Some(Self::$coded(word.strip_prefix($prefix)?.to_owned()))))+
                        .ok_or_else(|| $crate::stored::UnknownWord { of: stringify!($name), word: word.to_owned() }),
                }
            }
        }

        $crate::stored::stored_text!($name, |value: &$name| value.to_string());
    };
}
pub(crate) use stored_words;

/// A column of text for what is `FromStr`.
macro_rules! stored_text {
    ($name:ident, $word:expr) => {
        impl sqlx::Type<sqlx::Sqlite> for $name {
            fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
                <str as sqlx::Type<sqlx::Sqlite>>::type_info()
            }
            fn compatible(ty: &sqlx::sqlite::SqliteTypeInfo) -> bool {
                <str as sqlx::Type<sqlx::Sqlite>>::compatible(ty)
            }
        }

        impl<'q> sqlx::Encode<'q, sqlx::Sqlite> for $name {
            fn encode_by_ref(
                &self,
                buffer: &mut sqlx::sqlite::SqliteArgumentsBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                sqlx::Encode::<'q, sqlx::Sqlite>::encode($word(self), buffer)
            }
        }

        impl<'r> sqlx::Decode<'r, sqlx::Sqlite> for $name {
            fn decode(value: sqlx::sqlite::SqliteValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(<&str as sqlx::Decode<'r, sqlx::Sqlite>>::decode(value)?.parse()?)
            }
        }
    };
}
pub(crate) use stored_text;

/// A column of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T> sqlx::Type<Sqlite> for Json<T> {
    fn type_info() -> SqliteTypeInfo {
        <str as sqlx::Type<Sqlite>>::type_info()
    }
    fn compatible(ty: &SqliteTypeInfo) -> bool {
        <str as sqlx::Type<Sqlite>>::compatible(ty)
    }
}

impl<'q, T: Serialize> sqlx::Encode<'q, Sqlite> for Json<T> {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        <String as sqlx::Encode<'q, Sqlite>>::encode(serde_json::to_string(&self.0)?, buffer)
    }
}

impl<'r, T: DeserializeOwned> sqlx::Decode<'r, Sqlite> for Json<T> {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(serde_json::from_str(<&str as sqlx::Decode<'r, Sqlite>>::decode(value)?)?))
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Row, SqliteConnection};

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Light {
        Red,
        Green,
    }
    stored_words!(Light { Red = "red", Green = "green" });

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Sign {
        Stop,
        Other(String),
    }
    stored_words!(Sign { Stop = "stop"; Other = "other_" });

    #[tokio::test]
    async fn what_was_bound_is_read_and_what_is_unknown_is_an_error() {
        let mut db = SqliteConnection::connect(":memory:").await.unwrap();
        for light in Light::ALL {
            let read: Light = sqlx::query_scalar("SELECT ?").bind(light).fetch_one(&mut db).await.unwrap();
            assert_eq!(read, light);
        }
        for sign in Sign::ALL.into_iter().chain(["17_b", ""].map(|code| Sign::Other(code.to_owned()))) {
            let read: Sign = sqlx::query_scalar("SELECT ?").bind(sign.clone()).fetch_one(&mut db).await.unwrap();
            assert_eq!(read, sign);
        }
        let tags = Json(vec!["a".to_owned(), "b".to_owned()]);
        let read: Json<Vec<String>> =
            sqlx::query_scalar("SELECT ?").bind(tags.clone()).fetch_one(&mut db).await.unwrap();
        assert_eq!(read, tags);
        let row =
            sqlx::query("SELECT 'blue' AS light, '{\"a\":1}' AS tags, NULL AS none").fetch_one(&mut db).await.unwrap();
        assert!(row.try_get::<Light, _>("light").unwrap_err().to_string().contains("\"blue\" is no Light"));
        assert!(row.try_get::<Sign, _>("light").unwrap_err().to_string().contains("\"blue\" is no Sign"));
        assert!(row.try_get::<Json<Vec<String>>, _>("tags").is_err());
        assert!(row.try_get::<Light, _>("none").is_err());
        assert_eq!(row.try_get::<Option<Light>, _>("none").unwrap(), None);
    }
}
