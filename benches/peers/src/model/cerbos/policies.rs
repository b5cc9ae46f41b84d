//! Policies on disk.
//!
//! What is for a group is in one resource policy, a rule for each group, task and effect with the feeds and feed groups
//! in its condition; what is for a user is in principal policies, which win over resource policies as they do in
//! feedgate. A denial wins in both. That the narrower scope wins can't be said this way, so that some answers differ.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::Path,
};

use serde_json::{Value, json};

use crate::model::{Grant, Principal, Scope, World, names};

/// Writes `cerbos.yaml` and the folder `policies`.
pub fn write_files(world: &World, folder: &Path, port: u16) -> io::Result<()> {
    let policies = folder.join("policies");
    fs::create_dir_all(&policies)?;
    fs::write(folder.join("cerbos.yaml"), configuration(&policies, port))?;
    // A rule is whom it is for, the attribute and the effect.
    let mut rules: BTreeMap<(Principal, u32, bool), Vec<Scope>> = BTreeMap::new();
    for Grant { restrict, to, task, scope } in &world.grants {
        for attribute in &world.tasks[*task as usize] {
            rules.entry((*to, *attribute, *restrict)).or_default().push(*scope);
        }
    }
    let mut of_groups = Vec::new();
    let mut of_users: BTreeMap<u32, Vec<Value>> = BTreeMap::new();
    for ((to, attribute, restrict), scopes) in rules {
        let effect = if restrict { "EFFECT_DENY" } else { "EFFECT_ALLOW" };
        let (mut rule, rules) = match to {
            Principal::Group(_) => {
                (json!({"actions": [names::attribute(attribute)], "roles": [to.name()]}), &mut of_groups)
            }
            Principal::User(number) => {
                (json!({"action": names::attribute(attribute)}), of_users.entry(number).or_default())
            }
        };
        rule["effect"] = effect.into();
        if let Some(condition) = condition(&scopes) {
            rule["condition"] = json!({"match": {"expr": condition}});
        }
        rules.push(rule);
    }
    let resource = json!({"version": "default", "resource": "feed", "rules": of_groups});
    policy(&policies.join("feed.json"), "resourcePolicy", &resource)?;
    for (number, actions) in of_users {
        let name = names::user(number);
        let rules = json!([{"resource": "feed", "actions": actions}]);
        let principal = json!({"principal": name, "version": "default", "rules": rules});
        policy(&policies.join(format!("{name}.json")), "principalPolicy", &principal)?;
    }
    Ok(())
}

/// No watching, no telemetry, no audit: nothing but answers.
fn configuration(policies: &Path, port: u16) -> String {
    let server = json!({
        "httpListenAddr": format!("127.0.0.1:{}", port + 1),
        "grpcListenAddr": format!("127.0.0.1:{port}"),
        "logRequestPayloads": false,
        "requestLimits": {"maxResourcesPerRequest": 500},
    });
    let storage = json!({"driver": "disk", "disk": {"directory": policies, "watchForChanges": false}});
    let configuration = json!({
        "server": server,
        "storage": storage,
        "telemetry": {"disabled": true},
        "audit": {"enabled": false},
    });
    format!("{configuration}\n")
}

fn policy(path: &Path, kind: &str, policy: &Value) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write!(file, "{}", json!({"apiVersion": "api.cerbos.dev/v1", kind: policy}))?;
    file.flush()
}

/// Nothing if one of the scopes is all feeds.
fn condition(scopes: &[Scope]) -> Option<String> {
    let (mut feeds, mut groups) = (Vec::new(), Vec::new());
    for scope in scopes {
        match scope {
            Scope::AllFeeds => return None,
            Scope::Feed(_) => feeds.push(scope.name()),
            Scope::FeedGroup(_) => groups.push(scope.name()),
        }
    }
    let feeds = (!feeds.is_empty()).then(|| format!("R.id in {}", json!(feeds)));
    let groups = (!groups.is_empty()).then(|| format!("R.attr.feed_group in {}", json!(groups)));
    Some(feeds.into_iter().chain(groups).collect::<Vec<_>>().join(" || "))
}
