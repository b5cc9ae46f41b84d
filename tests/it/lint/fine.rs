//! Policies in which nothing is odd: whoever reads findings should find each worth reading.

use std::fs;

use super::{called, found, new_store, policy};
use crate::support::{data, example};

fn silent(name: &str, text: &str) {
    let findings = found(&policy(name, text), &[]);
    assert!(findings.is_empty(), "{name}: {findings:#?}");
}

#[test]
fn a_new_store() {
    assert_eq!(found(&new_store(), &[]), []);
}

#[test]
fn realistic_policies() {
    let files: Vec<_> = fs::read_dir(data("lint/fine")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 4);
    for path in files {
        silent(path.to_str().unwrap(), &fs::read_to_string(&path).unwrap());
    }
}

/// Who is a developer and a senior developer can't promote; without her all is well.
#[test]
fn the_approval_workflow_but_for_one() {
    let text = fs::read_to_string(example()).unwrap();
    let findings = found(&policy("example", &text), &[]);
    let said: Vec<_> = findings.iter().map(|it| (called(it.code), it.message.as_str())).collect();
    let message = "cWu may accept promotions on feed approved-nuget, but may not use Feeds_DownloadPackage on feed \
                   unapproved-nuget, and so can't promote from there";
    assert_eq!(said, [("PROMOTION_WITHOUT_SOURCE".to_owned(), message)]);
    silent("without cWu", &text.replace("[jDoe, cWu]", "[jDoe]"));
}
