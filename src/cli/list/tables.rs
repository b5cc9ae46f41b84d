//! How lists look to people: one function a kind, called as the field of its answer is.

use crate::{
    cli::{table::Table, unbound, words},
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
        let is_unbound = unbound::is_unbound(&user.directory, &user.external_id);
        let state = match (user.disabled, is_unbound) {
            (true, true) => "disabled, unbound",
            (true, false) => "disabled",
            (false, true) => "unbound",
            (false, false) => "",
        };
        let directory = directory(&user.directory);
        let groups = names(&user.groups);
        table.row([&user.name, directory, &user.display_name, &user.email, &groups, state]);
    }
    let any = users.iter().any(|user| unbound::is_unbound(&user.directory, &user.external_id));
    unbound::with_meaning(table.render(), any)
}

pub(super) fn groups(groups: &[pb::Group]) -> String {
    let mut table = Table::new(["GROUP", "DIRECTORY", "IN", "DESCRIPTION", ""]);
    let is_unbound = |group: &pb::Group| unbound::is_unbound(&group.directory, &group.external_id);
    for group in groups {
        let (directory, groups) = (directory(&group.directory), names(&group.groups));
        let state = if is_unbound(group) { "unbound" } else { "" };
        table.row([&group.name, directory, &groups, &group.description, state]);
    }
    unbound::with_meaning(table.render(), groups.iter().any(is_unbound))
}

pub(in crate::cli) fn members(members: &[pb::Principal]) -> String {
    let mut table = Table::new(["MEMBER"]);
    for member in members {
        table.row([&words::principal(Some(member))]);
    }
    unbound::with_meaning(table.render(), members.iter().any(names_unbound))
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
    let any = grants.iter().filter_map(|grant| grant.principal.as_ref()).any(names_unbound);
    unbound::with_meaning(table.render(), any)
}

fn names_unbound(principal: &pb::Principal) -> bool {
    use pb::principal::Kind;
    matches!(&principal.kind, Some(Kind::User(name) | Kind::Group(name)) if name.unbound)
}

fn directory(name: &str) -> &str {
    if name.is_empty() { BUILT_IN_NAME } else { name }
}

fn names(principals: &[pb::PrincipalName]) -> String {
    principals.iter().map(words::principal_name).collect::<Vec<_>>().join(", ")
}
