//! What somebody has seen and accepted: the file of suppressions, as it is sent, and which were of no use.

use std::path::Path;

use crate::{
    cli::{args::lint, failure::Failure, file},
    grpc::pb::{self, FindingCode},
    interchange::{
        Place, Problem,
        suppressions::{self, Suppression},
    },
};

fn unchecked(problems: Vec<Problem>) -> Failure {
    Failure::Unchecked(problems.iter().map(ToString::to_string).collect())
}

/// The suppressions of a file; none if there is no file.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    file: String,
    suppressions: Vec<(FindingCode, Suppression)>,
}

impl Accepted {
    pub(super) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        match path {
            None => Ok(Self::default()),
            Some(path) => Self::parse(file::called(path), &file::read(path)?),
        }
    }

    pub(super) fn parse(file: String, bytes: &[u8]) -> Result<Self, Failure> {
        let codes: Vec<_> = lint::codes().map(lint::name).collect();
        let read = suppressions::parse(&file, bytes, &codes).map_err(unchecked)?;
        let code = |name: &str| lint::codes().find(|code| lint::name(*code) == name).unwrap_or_default();
        Ok(Self { file, suppressions: read.into_iter().map(|it| (code(&it.code), it)).collect() })
    }

    /// As they go over the wire, in the order of the file.
    pub(super) fn request(&self) -> Vec<pb::Suppression> {
        let suppression = |(code, it): &(FindingCode, Suppression)| pb::Suppression {
            code: (*code).into(),
            object: Some(it.object.clone().into()),
            reason: it.reason.to_string(),
        };
        self.suppressions.iter().map(suppression).collect()
    }

    /// What is said about those that met no finding, of the codes that were looked for.
    pub(super) fn unused<'a>(
        &'a self,
        numbers: &'a [u32],
        codes: &'a [FindingCode],
    ) -> impl Iterator<Item = String> + 'a {
        let unused = numbers.iter().filter_map(|number| self.suppressions.get(*number as usize));
        let unused = unused.filter(|(code, _)| codes.is_empty() || codes.contains(code));
        unused.map(|(_, Suppression { code, place: Place { line, column }, .. })| {
            format!("note: {}:{line}:{column}: nothing of the code {code} is found there any more", self.file)
        })
    }
}
