//! The folders are the architecture: who may know whom, and how long a file may become.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The layers that are crates in `crates`, from the inside out, and the layers that each may depend on.
const CRATES: [(&str, &[&str]); 7] = [
    ("model", &[]),
    ("engine", &["model"]),
    ("analysis", &["engine", "model"]),
    ("store", &["model"]),
    ("directory", &["engine", "model"]),
    ("interchange", &["model"]),
    ("policy", &["engine", "model", "store"]),
];

/// The layers that are modules of `src`, and the layers that each may name. `main.rs` names `cli`.
const MODULES: [(&str, &[&str]); 4] = [
    ("service", &["analysis", "directory", "engine", "model", "policy", "store"]),
    ("grpc", &["analysis", "directory", "engine", "model", "policy", "service", "store"]),
    ("app", &["directory", "grpc", "model", "service", "store"]),
    ("cli", &["app", "grpc", "interchange", "model"]),
];

/// Crates, and the only places that may name them: each keeps a decision that might be made otherwise one day.
const ONLY_IN: [(&str, &[&str]); 13] = [
    ("sled", &["store/sled/"]),
    ("ldap3", &["directory/ldap/"]),
    ("deadpool", &["directory/ldap/"]),
    ("rustls", &["directory/ldap/tls.rs"]),
    ("rustls_native_certs", &["directory/ldap/tls.rs"]),
    ("arc_swap", &["policy/live.rs", "directory/published.rs"]),
    ("tonic", &["grpc/", "app/", "cli/"]),
    ("tonic_types", &["grpc/", "cli/"]),
    ("clap", &["cli/"]),
    ("figment", &["app/config.rs"]),
    ("serde_saphyr", &["interchange/"]),
    ("anyhow", &["app/", "cli/"]),
    ("prost", &["grpc/", "cli/"]),
];

/// The libraries of the pure layers. The other layers use what they need.
const PURE: [(&str, &[&str]); 3] = [
    (
        "model",
        &[
            "caseless",
            "secrecy",
            "serde",
            "smallvec",
            "thiserror",
            "unicode-normalization",
            "unicode-properties",
        ],
    ),
    ("engine", &["foldhash", "smallvec", "thiserror"]),
    ("analysis", &["foldhash", "smallvec", "thiserror"]),
];

/// What a room must not even mention: the engine is pure, and neither waits nor looks at a clock.
const NEVER: [(&str, &[&str]); 5] = [
    ("engine", &["tokio", "async ", "std::time", "std::fs", "std::net", "std::io", "Mutex", "RwLock"]),
    ("analysis", &["tokio", "async ", "std::time", "std::fs", "std::net", "std::io", "Mutex", "RwLock"]),
    ("model", &["tokio", "async ", "std::time", "std::fs", "std::net", "std::io"]),
    ("interchange", &["tokio", "async ", "std::fs", "std::net"]),
    ("", &["todo!", "unimplemented!", "#[ignore", "unsafe {", "process::exit"]),
];

const LONGEST: usize = 450;

struct Source {
    /// Relative to the repository.
    file: String,
    /// Its layer and the path within it: `engine/decide.rs`.
    path: String,
    /// Without comments and tests.
    code: Vec<String>,
}

impl Source {
    fn room(&self) -> &str {
        self.path.split('/').next().unwrap()
    }

    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap();
        self.path.contains("/tests/")
            || ["tests.rs", "testing.rs"].contains(&name)
            || self.path.contains("/conformance/")
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder}");
    found
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = ["crates", "src"].into_iter().flat_map(rust_files).map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        // Tests at the end of a file may name every layer.
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code = text.lines().map(|line| match line.find("//") {
            // An address in a string is no comment.
            Some(at) if !line[..at].ends_with(':') => line[..at].to_owned(),
            _ => line.to_owned(),
        });
        let file = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let path = match file.strip_prefix("crates/") {
            Some(path) => path.replacen("/src/", "/", 1),
            None => file.trim_start_matches("src/").to_owned(),
        };
        Source { file, path, code: code.collect() }
    });
    sources.filter(|source| !source.is_test()).collect()
}

/// The names in the `[dependencies]` sections of a layer's manifest, those for one target included.
fn dependencies(layer: &str) -> Vec<String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates").join(layer).join("Cargo.toml");
    let mut names = Vec::new();
    let mut inside = false;
    for line in fs::read_to_string(manifest).unwrap().lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]") && !line.ends_with("dev-dependencies]");
        } else if inside && !line.is_empty() {
            names.push(line.split(['.', ' ', '=']).next().unwrap().to_owned());
        }
    }
    names
}

#[track_caller]
fn none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

/// Every `name` of `prefix::name` and of `use prefix::{name, …}` in a file.
fn named(source: &Source, prefix: &str) -> Vec<(usize, String)> {
    let text = source.code.join("\n");
    let mut found = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        if text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':') {
            continue;
        }
        let line = text[..at].matches('\n').count() + 1;
        let rest = &text[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => found.push((line, word(rest))),
            Some(list) => found.extend(first_words(list).into_iter().map(|word| (line, word))),
        }
    }
    found
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first word of every item of a list that closes somewhere behind.
fn first_words(list: &str) -> Vec<String> {
    let (mut depth, mut item, mut words) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                words.push(word(&list[item..at]));
                item = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn imports_point_inward() {
    let layers: Vec<_> = CRATES.iter().chain(&MODULES).map(|(layer, _)| *layer).collect();
    let mut broken = Vec::new();
    for (layer, known) in CRATES {
        for name in dependencies(layer) {
            if name.strip_prefix("feedgate-").is_some_and(|other| !known.contains(&other)) {
                broken.push(format!("crates/{layer} depends on `{name}`; it may know {known:?}"));
            }
        }
    }
    for source in sources() {
        let layer = source.room();
        if CRATES.iter().any(|(name, _)| *name == layer) || ["lib.rs", "main.rs"].contains(&layer) {
            continue;
        }
        let Some((_, known)) = MODULES.iter().find(|(name, _)| *name == layer) else {
            panic!("`{}` is in no known layer", source.file);
        };
        for (line, name) in named(&source, "crate::") {
            let allowed = name == layer || known.contains(&name.as_str()) || !layers.contains(&name.as_str());
            if !allowed {
                broken.push(format!("{}:{line} names `{name}`; `{layer}` may know {known:?}", source.file));
            }
        }
        // The crates are named as modules of this one, so that the table above holds for all of them.
        let direct = source.code.iter().position(|line| line.contains("feedgate_"));
        if let Some(line) = direct {
            broken.push(format!("{}:{} names a layer by its crate", source.file, line + 1));
        }
    }
    none(&broken, "a layer knows only layers further in");
}

/// `super` must not be a way around: it stays in the room.
#[test]
fn paths_do_not_leave_their_room_backwards() {
    let mut broken = Vec::new();
    for source in sources().into_iter().filter(|source| source.file.starts_with("src/")) {
        // `room/a/b.rs` is three deep, and so is `room/a/b/mod.rs`.
        let depth = source.path.trim_end_matches("/mod.rs").split('/').count();
        let text: String = source.code.concat().chars().filter(|c| !c.is_whitespace() && *c != '{').collect();
        if text.contains(&"super::".repeat(depth)) {
            broken.push(format!("{} climbs out of its room", source.file));
        }
    }
    none(&broken, "what is in another room is named `crate::room`");
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut broken = Vec::new();
    for source in sources() {
        for (name, places) in ONLY_IN {
            if places.iter().any(|place| source.path.starts_with(place)) || has_module(&source, name) {
                continue;
            }
            for (number, line) in source.code.iter().enumerate() {
                if mentions(line, name) {
                    broken.push(format!(
                        "{}:{} names `{name}`, which is for {places:?}",
                        source.file,
                        number + 1
                    ));
                }
            }
        }
    }
    none(&broken, "a crate is named in its own room only");
}

/// Whether a line has a path that begins with this crate.
fn mentions(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (line[..at].trim_end_matches("::"), &line[at + name.len()..]);
        // `self::sled`, `mod sled` and the like are rooms of this crate.
        let own = ["self", "super", "crate", "mod"].iter().any(|word| before.trim_end().ends_with(word));
        let whole = !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '"');
        let path = after.starts_with("::") || (before.trim_end().ends_with("use") && after.starts_with(';'));
        whole && path && !own
    })
}

#[test]
fn the_pure_layers_use_few_libraries() {
    let mut broken = Vec::new();
    for (layer, allowed) in PURE {
        for name in dependencies(layer) {
            if !name.starts_with("feedgate-") && !allowed.contains(&name.as_str()) {
                broken.push(format!("crates/{layer} depends on `{name}`; it may use {allowed:?}"));
            }
        }
    }
    none(&broken, "the pure layers are plain Rust");
}

fn has_module(source: &Source, name: &str) -> bool {
    source.code.iter().any(|line| line.trim().trim_start_matches("pub ") == format!("mod {name};"))
}

#[test]
fn what_is_never_said() {
    let mut broken = Vec::new();
    for source in sources() {
        for (room, words) in NEVER {
            if !source.path.starts_with(room) {
                continue;
            }
            for (number, line) in source.code.iter().enumerate() {
                for word in words.iter().filter(|word| line.contains(*word)) {
                    broken.push(format!("{}:{} says `{word}`", source.file, number + 1));
                }
            }
        }
    }
    none(&broken, "some things have no place in some rooms");
}

#[test]
fn files_are_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut broken = Vec::new();
    for path in ["crates", "src", "tests", "benches"].into_iter().flat_map(rust_files) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let path = path.strip_prefix(root).unwrap().to_str().unwrap();
        if lines > LONGEST {
            broken.push(format!("{path} has {lines} lines"));
        }
    }
    none(&broken, &format!("files split at a noun before they have {LONGEST} lines"));
}
