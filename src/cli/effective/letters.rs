//! A letter for every attribute of a matrix.

/// The attributes that feeds have, in the order in which a cell shows them: letter, name, meaning.
const USUAL: [(char, &str, &str); 10] = [
    ('V', "Feeds_ViewFeed", "view"),
    ('D', "Feeds_DownloadPackage", "download"),
    ('A', "Feeds_AddPackage", "add"),
    ('O', "Feeds_OverwritePackage", "overwrite"),
    ('X', "Feeds_DeletePackage", "delete"),
    ('P', "Feeds_PullPackage", "pull"),
    ('U', "Feeds_UnlistPackage", "unlist"),
    ('R', "Feeds_AcceptPackagePromotions", "accept promotions"),
    ('M', "Admin_ManageFeed", "manage feed"),
    ('C', "Admin_ManageConnectors", "manage connectors"),
];

/// An attribute and its letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) letter: char,
    pub(super) attribute: String,
    /// What the letter is said to mean.
    pub(super) meaning: String,
}

/// The letters of these attributes, or of the usual ones if none are given.
pub(super) fn of(attributes: &[String]) -> Vec<Letter> {
    let usual = |name: &str| USUAL.iter().find(|(_, attribute, _)| *attribute == name);
    // Letters that aren't taken, then digits; there are more of them than a catalogue has attributes.
    let mut free = ('A'..='Z')
        .filter(|letter| !USUAL.iter().any(|(taken, _, _)| taken == letter))
        .chain('0'..='9')
        .chain('a'..='z')
        .chain('α'..='ω');
    let mut letters: Vec<Letter> = Vec::new();
    let default: Vec<_> = USUAL.iter().map(|(_, name, _)| (*name).to_owned()).collect();
    for attribute in if attributes.is_empty() { &default } else { attributes } {
        if letters.iter().any(|letter| letter.attribute == *attribute) {
            continue;
        }
        letters.push(match usual(attribute) {
            Some((letter, _, meaning)) => {
                Letter { letter: *letter, attribute: attribute.clone(), meaning: (*meaning).to_owned() }
            }
            None => Letter {
                letter: free.next().unwrap_or('*'),
                attribute: attribute.clone(),
                meaning: attribute.clone(),
            },
        });
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attribute;

    #[test]
    fn the_usual_ones_are_those_that_feeds_have() {
        let mut usual: Vec<_> = of(&[]).into_iter().map(|letter| letter.attribute).collect();
        let mut scopable: Vec<_> = attribute::built_in()
            .filter(|attribute| attribute.feed_scopable)
            .map(|attribute| attribute.name.as_str().to_owned())
            .collect();
        usual.sort();
        scopable.sort();
        assert_eq!(usual, scopable);
    }

    #[test]
    fn others_get_letters_of_their_own() {
        let names: Vec<String> =
            (0..64).map(|number| format!("Custom_{number}")).chain(["Feeds_AddPackage".into()]).collect();
        let letters: Vec<_> = of(&names).into_iter().map(|letter| letter.letter).collect();
        assert_eq!((letters[0], letters[1], letters[64]), ('B', 'E', 'A'));
        let different: std::collections::HashSet<_> = letters.iter().collect();
        assert_eq!(different.len(), 65);
        assert_eq!(of(&["A".into(), "A".into()]).len(), 1);
    }
}
