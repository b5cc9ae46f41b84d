//! The model as feedgate's messages, and as the files that `feedgate import proget` takes.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::Path,
};

use serde_json::{Value, json};

use super::{Principal, Question, Scope, World, names};
use crate::pb;

impl Question {
    pub fn subject(self) -> pb::Subject {
        let identity = Some(pb::subject::user::Identity::Name(names::user(self.user)));
        let user = pb::subject::User { directory: String::new(), identity };
        pb::Subject { kind: Some(pb::subject::Kind::User(user)) }
    }

    pub fn target(self) -> pb::Target {
        pb::Target { kind: Some(pb::target::Kind::Feed(names::feed(self.feed))) }
    }

    pub fn check(self) -> pb::CheckRequest {
        pb::CheckRequest {
            subject: Some(self.subject()),
            attribute: names::attribute(self.attribute).into(),
            target: Some(self.target()),
            consistency: None,
        }
    }
}

/// Many feeds of the first question's user and attribute.
pub fn one_subject(questions: &[Question]) -> pb::BatchCheckRequest {
    let item =
        |it: &Question| pb::BatchCheckItem { target: Some(it.target()), ..pb::BatchCheckItem::default() };
    pb::BatchCheckRequest {
        default_subject: Some(questions[0].subject()),
        default_attribute: names::attribute(questions[0].attribute).into(),
        items: questions.iter().map(item).collect(),
        ..pb::BatchCheckRequest::default()
    }
}

/// Items that have nothing in common.
pub fn mixed(questions: &[Question]) -> pb::BatchCheckRequest {
    let item = |it: &Question| pb::BatchCheckItem {
        subject: Some(it.subject()),
        attribute: names::attribute(it.attribute).into(),
        target: Some(it.target()),
        correlation_id: String::new(),
    };
    pb::BatchCheckRequest { items: questions.iter().map(item).collect(), ..pb::BatchCheckRequest::default() }
}

/// Writes `tasks.json`, `users.json`, `groups.json`, `feeds.json` and `permissions.json` into a folder.
pub fn write_files(world: &World, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let dimensions = &world.dimensions;
    array(folder, "tasks", (0..).zip(&world.tasks).map(|(number, attributes)| task(number, attributes)))?;
    array(folder, "groups", (0..dimensions.groups).map(|number| json!({"name": names::group(number)})))?;
    let user = |(number, groups): (u32, &Vec<u32>)| {
        let groups: Vec<_> = groups.iter().map(|group| names::group(*group)).collect();
        json!({"name": names::user(number), "displayName": format!("User Number {number}"), "groups": groups})
    };
    array(folder, "users", (0..).zip(&world.members).map(user))?;
    let feed = |(number, group): (u32, &u32)| {
        let group = names::feed_group(*group);
        json!({"name": names::feed(number), "feedType": "nuget", "feedGroup": group})
    };
    array(folder, "feeds", (0..).zip(&world.feed_groups).map(feed))?;
    array(
        folder,
        "permissions",
        world.grants.iter().map(|grant| {
            let mut row = json!({"task": names::task(grant.task), "deny": grant.restrict});
            match grant.to {
                Principal::User(number) => row["user"] = names::user(number).into(),
                Principal::Group(number) => row["group"] = names::group(number).into(),
            }
            match grant.scope {
                Scope::Feed(number) => row["feed"] = names::feed(number).into(),
                Scope::FeedGroup(number) => row["feedGroup"] = names::feed_group(number).into(),
                Scope::AllFeeds => {}
            }
            row
        }),
    )
}

fn task(number: u32, attributes: &[u32]) -> Value {
    let attributes: Vec<_> = attributes.iter().map(|attribute| names::attribute(*attribute)).collect();
    json!({"name": names::task(number), "feedScoped": true, "attributes": attributes})
}

fn array(folder: &Path, kind: &str, rows: impl Iterator<Item = Value>) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(folder.join(format!("{kind}.json")))?);
    for (number, row) in rows.enumerate() {
        write!(file, "{}{row}", if number == 0 { "[" } else { ",\n" })?;
    }
    file.write_all(b"]\n")?;
    file.flush()
}
