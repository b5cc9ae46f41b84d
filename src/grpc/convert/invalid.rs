//! What is wrong with a request.

use std::fmt::Display;

use crate::model::NameError;

/// A field that can't be understood. The request was not acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {fault}")]
pub struct Invalid {
    /// Where: `changes[3].create.grant.scope`.
    pub field: String,
    pub fault: Fault,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("must be set")]
    Missing,
    /// Never quotes a secret.
    #[error("{0}")]
    Value(String),
    #[error("{0}")]
    Name(String),
    #[error("at most {limit} are taken in one call, these are {found}")]
    TooMany { limit: usize, found: usize },
}

impl Invalid {
    /// A field that must be set isn't.
    pub fn missing(field: &str) -> Self {
        Self { field: field.into(), fault: Fault::Missing }
    }

    /// A field has a value that it can't have.
    pub fn value(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.into(), fault: Fault::Value(why.into()) }
    }

    /// A field isn't a name.
    pub fn name(field: &str, why: &NameError) -> Self {
        Self { field: field.into(), fault: Fault::Name(why.to_string()) }
    }

    /// An enum has a number that this server doesn't know.
    pub fn unknown_enum(field: &str, number: i32) -> Self {
        Self::value(field, format!("{number} is no value that this server knows"))
    }

    /// The same, seen from the message around it.
    pub fn under(self, parent: impl Display) -> Self {
        Self { field: format!("{parent}.{}", self.field), ..self }
    }
}

/// For `map_err`: the field lies in this field of the message around it.
pub fn under(parent: &str) -> impl Fn(Invalid) -> Invalid + '_ {
    move |invalid| invalid.under(parent)
}

/// Converts a list; what is wrong with an item says which it is.
pub fn each<T, U>(
    field: &str,
    items: impl IntoIterator<Item = T>,
    convert: impl Fn(T) -> Result<U, Fault>,
) -> Result<Vec<U>, Invalid> {
    let convert = |(number, item)| {
        convert(item).map_err(|fault| Invalid { field: format!("{field}[{number}]"), fault })
    };
    items.into_iter().enumerate().map(convert).collect()
}

/// Converts a list of messages; what is wrong with a field of one says which it is.
pub fn each_message<T, U>(
    field: &str,
    items: impl IntoIterator<Item = T>,
    convert: impl Fn(T) -> Result<U, Invalid>,
) -> Result<Vec<U>, Invalid> {
    let convert =
        |(number, item)| convert(item).map_err(|invalid| invalid.under(format_args!("{field}[{number}]")));
    items.into_iter().enumerate().map(convert).collect()
}
