//! Writing a policy file: one object a line, in the order of the export.
//!
//! `apply --prune` of the file restores the policy exactly: the file has every kind of objects, empty or not, every
//! key that isn't at its default, and the three keys that have none (see `defaults`).

use std::{collections::HashMap, io};

use super::{defaults::BuiltIn, scalar};
use crate::{existing::Existing, key::Who, order};
use feedgate_model::{
    BareNames, Effect, Name, ScopePrecedence, SignInOrder, UnknownFeed, attribute,
    edit::{
        AttributesRef, GrantSpec, Member, PrincipalName, PrincipalRef, ScopeRef, SettingsSpec, SourceRef,
        Spec,
    },
};

/// Lines longer than this get their lists broken up.
const WIDTH: usize = 110;

/// A policy as a policy file, as [`write()`] writes it.
pub fn render(specs: &[Spec]) -> String {
    let mut bytes = Vec::new();
    // Writing to memory can't fail.
    let _ = write(specs, &mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Writes a policy as a policy file that [`PolicyFile`](super::PolicyFile) takes back without a change.
///
/// Line by line; beside the specs only an index of them is in memory. Built-in attributes, which never change, are
/// left out.
pub fn write(specs: &[Spec], out: &mut impl io::Write) -> io::Result<()> {
    let policy = Existing::new(specs);
    let mut writer = Writer { out, line: String::new(), section: None };
    writer.out.write_all(b"version: 1\n")?;
    for spec in specs {
        if let Spec::Settings(settings) = spec {
            writer.settings(settings)?;
        }
    }
    writer.attributes(&policy)?;
    writer.directories(&policy)?;
    writer.tasks(&policy)?;
    writer.users(&policy)?;
    writer.groups(&policy)?;
    writer.feeds(&policy)?;
    for grant in &policy.grants {
        writer.section("grants")?;
        writer.grant(grant)?;
    }
    writer.end_section("grants")
}

struct Writer<'w, W> {
    out: &'w mut W,
    line: String,
    section: Option<&'static str>,
}

impl<W: io::Write> Writer<'_, W> {
    /// Begins a list unless it has begun.
    fn section(&mut self, name: &'static str) -> io::Result<()> {
        if self.section != Some(name) {
            self.section = Some(name);
            writeln!(self.out, "{name}:")?;
        }
        self.line.clear();
        self.line.push_str("  - {");
        Ok(())
    }

    /// Ends a list, which is empty if it hasn't begun.
    fn end_section(&mut self, name: &'static str) -> io::Result<()> {
        if self.section != Some(name) {
            writeln!(self.out, "{name}: []")?;
        }
        Ok(())
    }

    fn key(&mut self, key: &str) {
        if !self.line.ends_with('{') {
            self.line.push_str(", ");
        }
        self.line.push_str(key);
        self.line.push_str(": ");
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        scalar::push(&mut self.line, text);
    }

    fn boolean(&mut self, key: &str, value: bool) {
        self.key(key);
        self.line.push_str(if value { "true" } else { "false" });
    }

    /// A text, unless it says nothing.
    fn filled(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.text(key, text);
        }
    }

    fn list<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut push: impl FnMut(&mut String, T),
    ) {
        self.key(key);
        self.line.push('[');
        let mut row = self.line.rfind('\n').map_or(0, |end| end + 1);
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.line.push(',');
                if self.line.len() - row > WIDTH {
                    self.line.push_str("\n      ");
                    row = self.line.len();
                } else {
                    self.line.push(' ');
                }
            }
            push(&mut self.line, item);
        }
        self.line.push(']');
    }

    fn names(&mut self, key: &str, names: &[Name]) {
        self.list(key, names, |line, name| scalar::push(line, name.as_str()));
    }

    fn end(&mut self) -> io::Result<()> {
        self.line.push_str("}\n");
        self.out.write_all(self.line.as_bytes())
    }

    fn settings(&mut self, settings: &SettingsSpec) -> io::Result<()> {
        let SettingsSpec { scope_precedence, unknown_feed, bare_names, sign_in } = settings;
        let scope_precedence = match scope_precedence.unwrap_or_default() {
            ScopePrecedence::FeedOverGroup => "feed-over-group",
            ScopePrecedence::FeedAndGroupEqual => "feed-and-group-equal",
        };
        let unknown_feed = match unknown_feed.unwrap_or_default() {
            UnknownFeed::Deny => "deny",
            UnknownFeed::AllFeedsGrants => "all-feeds-grants",
        };
        let bare_names = match bare_names.unwrap_or_default() {
            BareNames::Unique => "unique",
            BareNames::First => "first",
        };
        let sign_in = match sign_in.unwrap_or_default() {
            SignInOrder::UntilAccepted => "until-accepted",
            SignInOrder::FirstHolder => "first-holder",
        };
        writeln!(self.out, "settings:\n  scope_precedence: {scope_precedence}")?;
        writeln!(self.out, "  unknown_feed: {unknown_feed}\n  bare_names: {bare_names}\n  sign_in: {sign_in}")
    }

    fn attributes(&mut self, policy: &Existing<'_>) -> io::Result<()> {
        let own = |name: &str| attribute::built_in_id(name).is_none();
        for spec in policy.attributes.iter().filter(|spec| own(spec.name.as_str())) {
            self.section("attributes")?;
            self.text("name", spec.name.as_str());
            if let Some(label) = spec.label.as_deref().filter(|label| *label != spec.name.as_str()) {
                self.text("label", label);
            }
            self.filled("category", spec.category.as_deref());
            self.boolean("feed_scopable", spec.feed_scopable == Some(true));
            self.filled("description", spec.description.as_deref());
            self.end()?;
        }
        self.end_section("attributes")
    }

    fn directories(&mut self, policy: &Existing<'_>) -> io::Result<()> {
        for spec in order::by_position(policy) {
            self.section("directories")?;
            self.text("name", spec.name.as_str());
            for (key, names) in [("domains", &spec.domains), ("netbios", &spec.netbios)] {
                if let Some(names) = names.as_deref().filter(|names| !names.is_empty()) {
                    self.names(key, names);
                }
            }
            self.boolean("enabled", spec.enabled != Some(false));
            self.end()?;
        }
        self.end_section("directories")
    }

    fn tasks(&mut self, policy: &Existing<'_>) -> io::Result<()> {
        for spec in policy.tasks.iter() {
            self.section("tasks")?;
            self.text("name", spec.name.as_str());
            match spec.description.as_deref() {
                // The default description of a built-in task isn't the empty one.
                Some("") if BuiltIn::named(&spec.name).is_some() => self.text("description", ""),
                description => self.filled("description", description),
            }
            match &spec.attributes {
                Some(AttributesRef::All) => {
                    self.key("attributes");
                    self.line.push_str("all");
                }
                Some(AttributesRef::These(names)) => {
                    self.list("attributes", names, |line, name| scalar::push(line, name.as_str()));
                }
                None => {}
            }
            self.end()?;
        }
        self.end_section("tasks")
    }

    fn users(&mut self, policy: &Existing<'_>) -> io::Result<()> {
        for spec in policy.users.iter() {
            self.section("users")?;
            self.person("name", &spec.user);
            self.filled("display_name", spec.display_name.as_deref());
            self.filled("email", spec.email.as_deref());
            self.boolean("disabled", spec.disabled == Some(true));
            self.external_id(&spec.user, spec.external_id.as_deref());
            self.end()?;
        }
        self.end_section("users")
    }

    /// Only a principal of an external directory can have one.
    fn external_id(&mut self, principal: &PrincipalName, id: Option<&str>) {
        if Who::of(principal).is_some_and(|who| who.directory.is_some()) {
            self.text("external_id", id.unwrap_or_default());
        }
    }

    /// A name, and its directory unless that is the built-in one.
    fn person(&mut self, key: &str, person: &PrincipalName) {
        let Some(who) = Who::of(person) else { return };
        self.text(key, who.name.as_str());
        if let Some(directory) = who.directory {
            self.text("directory", directory.as_str());
        }
    }

    fn groups(&mut self, policy: &Existing<'_>) -> io::Result<()> {
        let mut members: HashMap<Who<'_>, Vec<&Member>> = HashMap::new();
        for membership in &policy.memberships {
            if let Some(group) = Who::of(&membership.group) {
                members.entry(group).or_default().push(&membership.member);
            }
        }
        for spec in policy.groups.iter() {
            let Some(who) = Who::of(&spec.group) else { continue };
            self.section("groups")?;
            self.person("name", &spec.group);
            self.filled("description", spec.description.as_deref());
            self.external_id(&spec.group, spec.external_id.as_deref());
            let members = members.get(&who).map(Vec::as_slice).unwrap_or_default();
            // Of an external group, the directory knows the members.
            if who.directory.is_none() || !members.is_empty() {
                self.list("members", members, |line, member| push_member(line, member));
            }
            self.end()?;
        }
        self.end_section("groups")
    }

    fn feeds(&mut self, policy: &Existing<'_>) -> io::Result<()> {
        for spec in policy.feed_groups.iter() {
            self.section("feed_groups")?;
            self.text("name", spec.name.as_str());
            self.filled("description", spec.description.as_deref());
            self.end()?;
        }
        self.end_section("feed_groups")?;
        for spec in policy.feeds.iter() {
            self.section("feeds")?;
            self.text("name", spec.name.as_str());
            self.filled("type", spec.feed_type.as_deref());
            if let Some(names) = spec.alternate_names.as_deref().filter(|names| !names.is_empty()) {
                self.names("alternate_names", names);
            }
            for (key, name) in [("group", &spec.group), ("promote_to", &spec.promote_to)] {
                self.filled(key, name.as_ref().and_then(Option::as_ref).map(Name::as_str));
            }
            self.end()?;
        }
        self.end_section("feeds")?;
        for spec in policy.connectors.iter() {
            self.section("connectors")?;
            self.text("name", spec.name.as_str());
            match &spec.source {
                Some(SourceRef::Url(url)) => self.text("url", url),
                Some(SourceRef::Feed(feed)) => self.text("source_feed", feed.as_str()),
                None => {}
            }
            self.names("feeds", spec.feeds.as_deref().unwrap_or_default());
            self.end()?;
        }
        self.end_section("connectors")
    }

    fn grant(&mut self, spec: &GrantSpec) -> io::Result<()> {
        let GrantSpec { id: _, effect, principal, task, scope, comment } = spec;
        let effect = match effect {
            Effect::Permit => "permit",
            Effect::Restrict => "restrict",
        };
        self.text(effect, task.as_str());
        self.key("to");
        match principal {
            PrincipalRef::User(user) => push_person(&mut self.line, "user", user),
            PrincipalRef::Group(group) => push_person(&mut self.line, "group", group),
            PrincipalRef::Everyone => self.line.push_str("everyone"),
            PrincipalRef::Authenticated { directory: None } => self.line.push_str("authenticated"),
            PrincipalRef::Authenticated { directory: Some(directory) } => {
                push_braced(&mut self.line, "authenticated", directory, None);
            }
            PrincipalRef::Anonymous => self.line.push_str("anonymous"),
        }
        self.key("scope");
        match scope {
            ScopeRef::AllFeeds => self.line.push_str("all"),
            ScopeRef::FeedGroup(group) => push_braced(&mut self.line, "feed_group", group, None),
            ScopeRef::Feed(feed) => push_braced(&mut self.line, "feed", feed, None),
        }
        self.filled("comment", comment.as_deref());
        self.end()
    }
}

fn push_braced(line: &mut String, key: &str, name: &Name, directory: Option<&Name>) {
    line.push('{');
    line.push_str(key);
    line.push_str(": ");
    scalar::push(line, name.as_str());
    if let Some(directory) = directory {
        line.push_str(", directory: ");
        scalar::push(line, directory.as_str());
    }
    line.push('}');
}

fn push_person(line: &mut String, key: &str, person: &PrincipalName) {
    if let Some(who) = Who::of(person) {
        push_braced(line, key, who.name, who.directory);
    }
}

/// A user of the built-in directory is just a name.
fn push_member(line: &mut String, member: &Member) {
    match member {
        Member::User(user) => match Who::of(user) {
            Some(Who { directory: None, name }) => scalar::push(line, name.as_str()),
            _ => push_person(line, "user", user),
        },
        Member::Group(group) => push_person(line, "group", group),
    }
}
