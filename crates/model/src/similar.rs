//! Similar names: what an operator may have meant by a name that no object has.
//!
//! Names are compared as people write them: without case, spaces and punctuation, with `and` for `&`, and with a
//! few typing errors. Names are only suggested; a reference never resolves to a similar one. The exception is `and`
//! for `&` in the name of a task (see [`with_ampersand`]), because ProGet's own pages write it so.

use super::{Kind, Name};

/// How many names are suggested at most.
const SUGGESTED: usize = 3;
/// How many names are compared at most, so that a typing error costs little on a large policy.
const COMPARED: usize = 10_000;
/// Names with more characters aren't compared.
const MAX_CHARS: usize = 64;

/// The names that are similar to one that wasn't found, the most similar first.
pub fn similar<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let wanted = loose(wanted);
    if wanted.is_empty() || wanted.len() > MAX_CHARS {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .take(COMPARED)
        .filter_map(|name| Some((distance(&wanted, &loose(name))?, name)))
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.dedup_by_key(|(_, name)| *name);
    found.into_iter().take(SUGGESTED).map(|(_, name)| name).collect()
}

/// What an error message says after a name that no object of a kind has: similar names, and the list of all.
pub fn advice(kind: Kind, similar: &[&str]) -> String {
    let list = match kind {
        Kind::Settings => return String::new(),
        Kind::Attribute => "attributes",
        Kind::Task => "tasks",
        Kind::Directory => "directories",
        Kind::Group => "groups",
        Kind::User => "users",
        Kind::FeedGroup => "feed-groups",
        Kind::Feed => "feeds",
        Kind::Connector => "connectors",
        Kind::Grant => "grants",
    };
    let question = question(similar);
    let stop = if question.is_empty() { ";" } else { "" };
    format!("{question}{stop} `feedgate list {list}` shows all")
}

/// `; did you mean …?`, or nothing without names.
pub fn question(similar: &[&str]) -> String {
    let quoted: Vec<_> = similar.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => format!("; did you mean {last}?"),
        Some((last, others)) => format!("; did you mean {} or {last}?", others.join(", ")),
    }
}

/// The name with `&` for every word `and`, if it has that word.
pub fn with_ampersand(name: &Name) -> Option<Name> {
    let words: Vec<_> = name.as_str().split(' ').collect();
    if !words.iter().any(|word| word.eq_ignore_ascii_case("and")) {
        return None;
    }
    let words: Vec<_> =
        words.into_iter().map(|word| if word.eq_ignore_ascii_case("and") { "&" } else { word }).collect();
    Name::new(&words.join(" ")).ok()
}

/// A name as it is compared: letters and digits in lower case, `and` for `&`.
fn loose(name: &str) -> Vec<char> {
    let mut loose = Vec::new();
    for c in name.chars().take(4 * MAX_CHARS) {
        match c {
            '&' => loose.extend(['a', 'n', 'd']),
            c if c.is_alphanumeric() => loose.extend(c.to_lowercase()),
            _ => {}
        }
    }
    loose
}

/// How far apart two names are, if they are similar: by edits, or by what one has more at its end or its
/// beginning.
fn distance(wanted: &[char], name: &[char]) -> Option<usize> {
    if name.is_empty() || name.len() > MAX_CHARS {
        return None;
    }
    let shorter = wanted.len().min(name.len());
    let apart = wanted.len().abs_diff(name.len());
    let allowed = (shorter / 3).clamp(1, 3);
    if apart <= allowed
        && let Some(edits) = edits(wanted, name).filter(|edits| *edits <= allowed && *edits < shorter)
    {
        return Some(edits);
    }
    let longer_begins = wanted.starts_with(name) || name.starts_with(wanted);
    let longer_ends = wanted.ends_with(name) || name.ends_with(wanted);
    (shorter >= 4 && (longer_begins || longer_ends)).then_some(MAX_CHARS + apart)
}

/// The insertions, deletions, replacements and exchanges of neighbours that make one text the other.
fn edits(a: &[char], b: &[char]) -> Option<usize> {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (row, left) in a.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, right) in b.iter().enumerate() {
            let replaced = last.get(column)? + usize::from(left != right);
            let mut best = replaced.min(last.get(column + 1)? + 1).min(next.get(column)? + 1);
            let neighbours = row.checked_sub(1).zip(column.checked_sub(1));
            if let Some((above, beside)) = neighbours
                && a.get(above) == Some(right)
                && b.get(beside) == Some(left)
            {
                best = best.min(before.get(beside)? + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_write_them_are_similar() {
        let names = [
            "View & Download Packages",
            "Publish Packages",
            "Manage Feed",
            "Administer",
            "build-team",
            "npm",
            "pypi",
            "Feeds_ViewFeed",
        ];
        for (wanted, expected) in [
            ("View and Download Packages", &["View & Download Packages"][..]),
            ("view&download packages", &["View & Download Packages"]),
            ("ViewDownloadPackages", &["View & Download Packages"]),
            ("Publish", &["Publish Packages"]),
            ("Packages", &["Publish Packages", "View & Download Packages"]),
            ("Manage Feeds", &["Manage Feed"]),
            ("Adminster", &["Administer"]),
            ("Bulid Team", &["build-team"]),
            ("nmp", &["npm"]),
            ("x", &[]),
            ("", &[]),
            ("Feeds_DeletePackage", &[]),
            ("feeds_viewfeed", &["Feeds_ViewFeed"]),
        ] {
            assert_eq!(similar(wanted, names), expected, "{wanted}");
        }
        assert_eq!(similar(&"x".repeat(1000), ["x"]), [""; 0]);
        assert_eq!(similar("team 0", ["team-1", "team-2", "team-3", "team-4"]).len(), SUGGESTED);
    }

    #[test]
    fn advice_names_what_is_similar_and_the_list() {
        for (similar, expected) in [
            (&[][..], "; `feedgate list feed-groups` shows all"),
            (&["a"], "; did you mean `a`? `feedgate list feed-groups` shows all"),
            (&["a", "b", "c"], "; did you mean `a`, `b` or `c`? `feedgate list feed-groups` shows all"),
        ] {
            assert_eq!(advice(Kind::FeedGroup, similar), expected);
        }
    }

    #[test]
    fn and_is_an_ampersand() {
        let name = |text: &str| Name::new(text).unwrap();
        for (text, expected) in [
            ("View and Download Packages", Some("View & Download Packages")),
            ("a AND b and c", Some("a & b & c")),
            ("Android", None),
            ("View & Download", None),
        ] {
            assert_eq!(with_ampersand(&name(text)), expected.map(name), "{text}");
        }
    }
}
