//! Types that are written as JSON and described by a schema, from one declaration.

use serde::{Serialize, Serializer};

/// What a type is as JSON Schema; used to write `openapi.json`.
#[cfg(test)]
pub(crate) trait Schema {
    /// The schema, or a reference to one that was added to `all`.
    fn schema(all: &mut Schemas) -> serde_json::Value;
}

/// The schemas that have a name, by it.
#[cfg(test)]
pub(crate) type Schemas = std::collections::BTreeMap<String, serde_json::Value>;

/// Declares structs whose fields are all in the JSON and in its schema; their docs are its descriptions.
macro_rules! objects {
    ($(
        $(#[doc = $doc:literal])+
        pub struct $name:ident { $( $(#[doc = $field_doc:literal])+ pub $field:ident: $type:ty, )* }
    )*) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        pub struct $name { $( $(#[doc = $field_doc])+ pub $field: $type, )* }

        #[cfg(test)]
        impl $crate::query::types::schema::Schema for $name {
            fn schema(all: &mut $crate::query::types::schema::Schemas) -> serde_json::Value {
                let fields: Vec<(&str, String, serde_json::Value)> = vec![$((
                    stringify!($field).trim_start_matches("r#"),
                    concat!($($field_doc),+).trim().to_owned(),
                    <$type as $crate::query::types::schema::Schema>::schema(all),
                )),*];
                let description = concat!($($doc),+).trim();
                $crate::query::types::schema::object(all, stringify!($name), description, &fields)
            }
        }
    )*};
}

/// Declares enums whose values are words.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])+
        pub enum $name:ident { $( $(#[doc = $word_doc:literal])+ $variant:ident = $word:literal, )* }
    )*) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $( $(#[doc = $word_doc])+ $variant, )* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The value with this word.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        #[cfg(test)]
        impl $crate::query::types::schema::Schema for $name {
            fn schema(_: &mut $crate::query::types::schema::Schemas) -> serde_json::Value {
                serde_json::json!({ "type": "string", "enum": [$($word),*] })
            }
        }
    )*};
}

pub(crate) use objects;
pub(crate) use words;

/// A time since the Unix epoch by the wall clock; RFC 3339 in UTC with milliseconds as JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(pub std::time::Duration);

/// A value of an attribute or of a field of a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A whole number.
    Signed(i64),
    /// A whole number of 0 or more.
    Unsigned(u64),
    /// A number; `null` if it is none that JSON has.
    Number(f64),
    /// True or false.
    Bool(bool),
}

// === impl Time ===

impl Time {
    /// Now, rounded up to milliseconds, so that it is the same when it was written and is read.
    #[must_use]
    pub fn now() -> Self {
        let Self(now) = std::time::SystemTime::now().into();
        let milliseconds = now.as_nanos().div_ceil(1_000_000);
        Self(std::time::Duration::from_millis(
            u64::try_from(milliseconds).unwrap_or(u64::MAX),
        ))
    }

    /// So long before; the epoch at the earliest.
    #[must_use]
    pub fn before(self, duration: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }

    /// So long after.
    #[must_use]
    pub fn after(self, duration: std::time::Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    /// Since an earlier time, in seconds; negative if that is later.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        match self.0.checked_sub(earlier.0) {
            Some(since) => since.as_secs_f64(),
            None => -earlier.0.saturating_sub(self.0).as_secs_f64(),
        }
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub fn nanoseconds(self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }

    /// As the system's type; the epoch if that can't represent it.
    #[must_use]
    pub fn system(self) -> std::time::SystemTime {
        let epoch = std::time::UNIX_EPOCH;
        epoch.checked_add(self.0).unwrap_or(epoch)
    }
}

impl From<std::time::SystemTime> for Time {
    fn from(time: std::time::SystemTime) -> Self {
        Self(obs_base::clock::since_epoch(time))
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&obs_base::calendar::rfc3339(self.0))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
pub(crate) use tests::object;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Scalar, Schema, Schemas, Time};

    /// The schema of a struct, which gets a name.
    pub(crate) fn object(all: &mut Schemas, name: &str, description: &str, fields: &[(&str, String, Value)]) -> Value {
        let required: Vec<_> = fields.iter().map(|(name, ..)| *name).collect();
        let mut properties = serde_json::Map::new();
        for (name, description, schema) in fields {
            let mut schema = schema.clone();
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".to_owned(), description.as_str().into());
            }
            properties.insert((*name).to_owned(), schema);
        }
        let schema = json!({
            "type": "object", "description": description, "properties": properties, "required": required,
            "additionalProperties": false,
        });
        all.insert(name.to_owned(), schema);
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    macro_rules! plain {
        ($($type:ty: $schema:tt,)*) => {$(
            impl Schema for $type {
                fn schema(_: &mut Schemas) -> Value {
                    json!($schema)
                }
            }
        )*};
    }

    plain! {
        String: { "type": "string" },
        &'static str: { "type": "string" },
        bool: { "type": "boolean" },
        f64: { "type": "number" },
        u64: { "type": "integer", "minimum": 0 },
        u32: { "type": "integer", "minimum": 0 },
        usize: { "type": "integer", "minimum": 0 },
        u16: { "type": "integer", "minimum": 0, "maximum": 65535 },
        Time: { "type": "string", "format": "date-time" },
        Scalar: { "type": ["string", "number", "boolean", "null"] },
    }

    impl<T: Schema> Schema for Option<T> {
        fn schema(all: &mut Schemas) -> Value {
            json!({ "anyOf": [T::schema(all), { "type": "null" }] })
        }
    }

    impl<T: Schema> Schema for Vec<T> {
        fn schema(all: &mut Schemas) -> Value {
            json!({ "type": "array", "items": T::schema(all) })
        }
    }
}
