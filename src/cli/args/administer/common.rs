//! What objects of all kinds have in common: how one is named, and the commands that need no more than that.

use clap::{Args, Subcommand};

use super::wish::{What, Wish};
use crate::{
    cli::args::access::Preview,
    model::{
        AttributeName, Name,
        edit::{Edit, NewName, ObjectRef, PrincipalName},
    },
};

/// What all commands take that write.
#[derive(Debug, Args)]
pub struct Writing {
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    preview: Preview,
}

impl Writing {
    /// These edits, all or none.
    pub fn edits(self, edits: Vec<Edit>) -> Wish {
        self.write(What::Edits(edits))
    }

    /// Written, tried, or only looked at.
    pub fn write(self, what: What) -> Wish {
        let Self { dry_run, preview } = self;
        match preview.show() {
            Some(show) => Wish::Preview { what, show },
            None => Wish::Write { what, dry_run },
        }
    }
}

/// How an object of a kind is named.
pub trait Referent: Args + 'static {
    /// The same in the words of the model.
    type Name;

    fn named(self) -> Self::Name;

    /// Another name for it, as it is typed.
    fn new_name(typed: &str) -> Result<NewName, String>;
}

/// By its name alone.
#[derive(Debug, Args)]
pub struct Named {
    /// What it is called
    #[arg(value_parser = Name::new)]
    pub name: Name,
}

impl Referent for Named {
    type Name = Name;

    fn named(self) -> Name {
        self.name
    }

    fn new_name(typed: &str) -> Result<NewName, String> {
        Name::new(typed).map(NewName::Name).map_err(|error| error.to_string())
    }
}

/// By its name in a directory.
#[derive(Debug, Args)]
pub struct Somebody {
    /// What it is called there
    #[arg(value_parser = Name::new)]
    name: Name,
    /// The directory it is in, if not the built-in one
    #[arg(long, value_name = "DIR", value_parser = Name::new)]
    directory: Option<Name>,
}

impl Referent for Somebody {
    type Name = PrincipalName;

    fn named(self) -> PrincipalName {
        let Self { name, directory } = self;
        PrincipalName::Named { directory, name }
    }

    fn new_name(typed: &str) -> Result<NewName, String> {
        Named::new_name(typed)
    }
}

/// By the API name.
#[derive(Debug, Args)]
pub struct ApiNamed {
    /// The API name, such as Feeds_SignPackage
    #[arg(value_parser = AttributeName::new)]
    pub name: AttributeName,
}

impl Referent for ApiNamed {
    type Name = AttributeName;

    fn named(self) -> AttributeName {
        self.name
    }

    fn new_name(typed: &str) -> Result<NewName, String> {
        AttributeName::new(typed).map(NewName::Attribute).map_err(|error| error.to_string())
    }
}

/// The commands that are alike for all kinds.
#[derive(Debug, Subcommand)]
pub enum Common<R: Referent> {
    /// Call it something else; grants and whatever else refers to it stay
    Rename(Rename<R>),
    /// Delete it; while something refers to it, only with --cascade
    Delete(Delete<R>),
    /// Show all about it
    Show(R),
}

#[derive(Debug, Args)]
pub struct Rename<R: Referent> {
    #[command(flatten)]
    object: R,
    /// What it is to be called
    #[arg(value_name = "NEW_NAME", value_parser = R::new_name)]
    to: NewName,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct Delete<R: Referent> {
    #[command(flatten)]
    object: R,
    /// What refers to it goes, too, or lets go of it; the answer lists each
    #[arg(long)]
    cascade: bool,
    #[command(flatten)]
    writing: Writing,
}

impl<R: Referent> Common<R> {
    pub fn wish(self, kind: fn(R::Name) -> ObjectRef) -> Wish {
        match self {
            Self::Rename(Rename { object, to, writing }) => {
                writing.edits(vec![Edit::Rename { object: kind(object.named()), to }])
            }
            Self::Delete(Delete { object, cascade, writing }) => {
                let object = kind(object.named());
                writing.edits(vec![Edit::Delete { object, cascade, missing_ok: false }])
            }
            Self::Show(object) => Wish::Show(kind(object.named())),
        }
    }
}

/// A list that was typed; none if nothing was.
pub fn list<T>(typed: Vec<T>) -> Option<Vec<T>> {
    (!typed.is_empty()).then_some(typed)
}
