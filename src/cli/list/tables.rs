//! How lists look to people: one function a kind, called as the field of its answer is.

use crate::{
    cli::{table::Table, words},
    grpc::pb,
    model::directory::BUILT_IN_NAME,
};

pub(super) fn attributes(attributes: &[pb::Attribute]) -> String {
    let mut table = Table::new(["ATTRIBUTE", "LABEL", "CATEGORY", "ON FEEDS"]);
    for attribute in attributes {
        let on_feeds = if attribute.feed_scopable { "yes" } else { "system only" };
        table.row([&attribute.name, &attribute.label, &attribute.category, on_feeds]);
    }
    table.render()
}

pub(super) fn tasks(tasks: &[pb::Task]) -> String {
    let mut table = Table::new(["TASK", "DESCRIPTION", "ATTRIBUTES"]);
    for task in tasks {
        let attributes = if task.all_attributes { "all".to_owned() } else { task.attributes.join(", ") };
        table.row([&task.name, &task.description, &attributes]);
    }
    table.render()
}

pub(super) fn directories(directories: &[pb::Directory]) -> String {
    let mut table = Table::new(["DIRECTORY", "POSITION", "ENABLED", "DOMAINS", "NETBIOS"]);
    for directory in directories {
        let enabled = if directory.enabled { "yes" } else { "no" };
        let position = directory.position.to_string();
        let (domains, netbios) = (directory.domains.join(", "), directory.netbios.join(", "));
        table.row([&directory.name, &position, enabled, &domains, &netbios]);
    }
    table.render()
}

pub(super) fn users(users: &[pb::User]) -> String {
    let mut table = Table::new(["USER", "DIRECTORY", "DISPLAY NAME", "EMAIL", "GROUPS", ""]);
    for user in users {
        let disabled = if user.disabled { "disabled" } else { "" };
        let directory = directory(&user.directory);
        let groups = names(&user.groups);
        table.row([&user.name, directory, &user.display_name, &user.email, &groups, disabled]);
    }
    table.render()
}

pub(super) fn groups(groups: &[pb::Group]) -> String {
    let mut table = Table::new(["GROUP", "DIRECTORY", "IN", "DESCRIPTION"]);
    for group in groups {
        table.row([&group.name, directory(&group.directory), &names(&group.groups), &group.description]);
    }
    table.render()
}

pub(in crate::cli) fn members(members: &[pb::Principal]) -> String {
    let mut table = Table::new(["MEMBER"]);
    for member in members {
        table.row([&words::principal(Some(member))]);
    }
    table.render()
}

pub(super) fn feed_groups(groups: &[pb::FeedGroup]) -> String {
    let mut table = Table::new(["FEED GROUP", "DESCRIPTION"]);
    for group in groups {
        table.row([&group.name, &group.description]);
    }
    table.render()
}

pub(in crate::cli) fn feeds(feeds: &[pb::Feed]) -> String {
    let mut table = Table::new(["FEED", "TYPE", "GROUP", "ALSO CALLED", "PROMOTES TO"]);
    for feed in feeds {
        let also = feed.alternate_names.join(", ");
        table.row([&feed.name, &feed.r#type, &feed.feed_group, &also, &feed.promote_to]);
    }
    table.render()
}

pub(super) fn connectors(connectors: &[pb::Connector]) -> String {
    let mut table = Table::new(["CONNECTOR", "READS", "FOR FEEDS"]);
    for connector in connectors {
        let reads = match &connector.source {
            Some(pb::connector::Source::SourceFeed(feed)) => format!("feed {feed}"),
            Some(pb::connector::Source::Url(url)) => url.clone(),
            None => String::new(),
        };
        table.row([&connector.name, &reads, &connector.feeds.join(", ")]);
    }
    table.render()
}

pub(in crate::cli) fn grants(grants: &[pb::Grant]) -> String {
    let mut table = Table::new(["GRANT", "EFFECT", "TASK", "TO", "ON", "COMMENT"]);
    for grant in grants {
        table.row([
            &grant.id.to_string(),
            words::effect(grant.effect()),
            &grant.task,
            &words::principal(grant.principal.as_ref()),
            &words::scope(grant.scope.as_ref()),
            &grant.comment,
        ]);
    }
    table.render()
}

fn directory(name: &str) -> &str {
    if name.is_empty() { BUILT_IN_NAME } else { name }
}

fn names(principals: &[pb::PrincipalName]) -> String {
    principals.iter().map(words::principal_name).collect::<Vec<_>>().join(", ")
}
