//! A matrix as it looks: a row a subject, a column a feed, a letter for what is allowed.

use comfy_table::{Table as Grid, presets};
use serde::Serialize;

use super::{letters::Letter, matrix::Answers};
use crate::cli::{
    json as document,
    output::{DIM, paint, plain},
};

/// What stands for an attribute that is denied.
const DENIED: char = '·';

/// For people: the matrix, what the letters mean, and what else should be known.
pub(super) fn render(answers: &Answers) -> String {
    let Answers { subjects, feeds, letters, cells, notes, revisions, .. } = answers;
    let mut lines = Vec::new();
    if subjects.is_empty() || feeds.is_empty() {
        lines.push(if feeds.is_empty() { "there are no feeds" } else { "there are no users" }.to_owned());
    } else {
        let header = std::iter::once(String::new()).chain(feeds.iter().map(|feed| plain(feed).into_owned()));
        let rows = subjects.iter().zip(cells).map(|(subject, cells)| {
            let cells = cells.iter().map(|cell| self::cell(cell.as_deref().ok(), letters));
            std::iter::once(subject.clone()).chain(cells).collect()
        });
        lines.push(table(header.collect(), rows));
        lines.push(String::new());
        lines.push(paint(DIM, legend(letters)));
    }
    match revisions {
        Some((first, last)) if first != last => {
            lines.push(format!("the policy changed meanwhile: revisions {first} to {last}"));
        }
        Some((revision, _)) => lines.push(paint(DIM, format!("revision {revision}"))),
        None => {}
    }
    lines.extend(notes.iter().cloned());
    lines.join("\n")
}

/// `VDA·····M·`; with one attribute `yes` or a dot; `error` if there is no answer.
fn cell(allowed: Option<&[bool]>, letters: &[Letter]) -> String {
    match (allowed, letters) {
        (None, _) => "error".to_owned(),
        (Some(allowed), [_]) if allowed == [true] => "yes".to_owned(),
        (Some(allowed), letters) => letters
            .iter()
            .zip(allowed)
            .map(|(letter, allowed)| if *allowed { letter.letter } else { DENIED })
            .collect(),
    }
}

fn legend(letters: &[Letter]) -> String {
    match letters {
        [one] => format!("yes: {} is allowed; {DENIED}: it is denied", one.attribute),
        letters => {
            let letters: Vec<_> =
                letters.iter().map(|letter| format!("{} {}", letter.letter, letter.meaning)).collect();
            format!("{}; {DENIED} denied", letters.join(", "))
        }
    }
}

/// The cells in aligned columns. How many there are is known only now.
fn table(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING).force_no_tty().set_header(header);
    rows.for_each(|row| {
        grid.add_row(row);
    });
    for column in grid.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = grid.lines().enumerate().map(|(at, line)| match line.trim_end() {
        line if at == 0 => paint(DIM, line),
        line => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A matrix in JSON. Numbers of revisions are strings, as everywhere.
#[derive(Serialize)]
struct Document<'a> {
    /// Of the last call.
    revision: String,
    /// Of the first call, if the policy changed meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_revision: Option<String>,
    rows: Vec<Entry<'a>>,
}

/// One cell in JSON.
#[derive(Serialize)]
struct Entry<'a> {
    subject: &'a str,
    feed: &'a str,
    allowed: Vec<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    subject_unknown: bool,
    #[serde(skip_serializing_if = "is_false")]
    feed_unknown: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// For programs: the revision, and an array of cells, row by row.
pub(super) fn json(answers: &Answers) -> anyhow::Result<String> {
    let mut entries = Vec::new();
    for (row, (subject, cells)) in answers.subjects.iter().zip(&answers.cells).enumerate() {
        for (feed, cell) in answers.feeds.iter().zip(cells) {
            let bits = cell.as_deref().unwrap_or_default();
            let allowed = answers.letters.iter().zip(bits).filter(|(_, allowed)| **allowed);
            entries.push(Entry {
                subject,
                feed,
                allowed: allowed.map(|(letter, _)| letter.attribute.as_str()).collect(),
                subject_unknown: answers.unknown_subjects.contains(&row),
                feed_unknown: answers.unknown_feeds.contains(feed),
                error: cell.as_ref().err().map(String::as_str),
            });
        }
    }
    let (first, last) = answers.revisions.unwrap_or_default();
    document::pretty(&Document {
        revision: last.to_string(),
        first_revision: (first != last).then(|| first.to_string()),
        rows: entries,
    })
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::{
        super::{letters, matrix::Cell},
        *,
    };

    fn answers(attributes: &[&str], cells: Vec<Vec<Cell>>) -> Answers {
        let attributes: Vec<_> = attributes.iter().copied().map(Into::into).collect();
        Answers {
            subjects: vec!["jDoe".into(), "anonymous".into()],
            feeds: vec!["npm".into(), "approved-nuget".into()],
            letters: letters::of(&attributes),
            cells,
            notes: vec!["no directory knows zed".into()],
            revisions: Some((8, 8)),
            ..Answers::default()
        }
    }

    fn shown(answers: &Answers) -> String {
        strip_str(&render(answers)).to_string()
    }

    fn usual(allowed: &str) -> Cell {
        Ok("VDAOXPURMC".chars().map(|letter| allowed.contains(letter)).collect())
    }

    #[test]
    fn a_letter_an_attribute() {
        let cells = vec![vec![usual("VDAM"), usual("")], vec![Err("no".into()), usual("VDAOXPURMC")]];
        assert_eq!(
            shown(&answers(&[], cells)),
            "           npm         approved-nuget
jDoe       VDA·····M·  ··········
anonymous  error       VDAOXPURMC

V view, D download, A add, O overwrite, X delete, P pull, U unlist, R accept promotions, M manage feed, C manage connectors; · denied
revision 8
no directory knows zed"
        );
    }

    #[test]
    fn one_attribute_is_yes_or_a_dot() {
        let cells = vec![vec![Ok(vec![true]), Ok(vec![false])], vec![Ok(vec![false]), Ok(vec![true])]];
        let mut answers = answers(&["Feeds_AddPackage"], cells);
        answers.revisions = Some((8, 9));
        answers.notes.clear();
        assert_eq!(
            shown(&answers),
            "           npm  approved-nuget
jDoe       yes  ·
anonymous  ·    yes

yes: Feeds_AddPackage is allowed; ·: it is denied
the policy changed meanwhile: revisions 8 to 9"
        );
    }

    #[test]
    fn json_has_a_cell_an_entry() {
        let cells = vec![vec![usual("VA"), Err("no".into())], vec![usual("")]];
        let mut answers = answers(&[], cells);
        let shown = |answers: &Answers| -> serde_json::Value {
            serde_json::from_str(&json(answers).unwrap()).unwrap()
        };
        answers.unknown_feeds.insert("npm".into());
        answers.unknown_subjects.insert(1);
        assert_eq!(
            shown(&answers),
            serde_json::json!({"revision": "8", "rows": [
                {
                    "subject": "jDoe",
                    "feed": "npm",
                    "allowed": ["Feeds_ViewFeed", "Feeds_AddPackage"],
                    "feed_unknown": true,
                },
                {"subject": "jDoe", "feed": "approved-nuget", "allowed": [], "error": "no"},
                {
                    "subject": "anonymous",
                    "feed": "npm",
                    "allowed": [],
                    "subject_unknown": true,
                    "feed_unknown": true,
                },
            ]})
        );
        answers.revisions = Some((7, 8));
        assert_eq!(shown(&answers)["first_revision"], "7");
    }

    #[test]
    fn without_feeds_there_is_no_matrix() {
        let nothing = Answers { subjects: vec!["jDoe".into()], ..Answers::default() };
        assert_eq!(shown(&nothing), "there are no feeds");
    }
}
