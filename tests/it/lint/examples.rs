//! Each file of `tests/data/lint` is a policy, what is found in it, word for word, and what of it is written
//! otherwise to mend it: then nothing is found.

use std::{collections::BTreeSet, fs};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{called, found, object, policy};
use crate::support::data;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    policy: Map<String, Value>,
    findings: Vec<Expected>,
    /// These sections stand in place of the policy's.
    mended: Map<String, Value>,
}

#[derive(Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Expected {
    code: String,
    about: Vec<String>,
    message: String,
}

#[test]
fn findings_word_for_word_and_how_to_mend_them() {
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for file in fs::read_dir(data("lint")).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let example: Example = serde_saphyr::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let Example { policy, findings, mended } = example;
        let index = self::policy(&name, &Value::from(policy.clone()).to_string());
        let there: Vec<_> = found(&index, &[])
            .into_iter()
            .map(|it| Expected {
                code: called(it.code),
                about: it.objects.iter().map(|key| object(&index, *key)).collect(),
                message: it.message,
            })
            .collect();
        if there != findings {
            wrong.push(format!("{name}: {}", serde_json::to_string_pretty(&there).unwrap()));
        }
        // A file is called by the code that it is for.
        let of = there.iter().filter(|it| name.starts_with(&it.code.to_lowercase().replace('_', "-")));
        seen.extend(of.map(|it| it.code.clone()));

        let policy: Map<_, _> = policy.into_iter().chain(mended).collect();
        let left = found(&self::policy(&name, &Value::from(policy).to_string()), &[]);
        if !left.is_empty() {
            wrong.push(format!("{name}, mended: {left:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // KNOWN_PASSWORD needs a password, and UNBOUND_… a directory, which no policy file has.
    assert_eq!(seen.len(), 19, "{seen:?}");
}
