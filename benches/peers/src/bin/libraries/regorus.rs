//! regorus: feedgate's rules in Rego, over grants that are data.

use std::collections::BTreeMap;

use feedgate_peers::{
    decisions::{Asked, Bench, Row},
    model::{World, names},
};
use regorus::{Engine, Value, languages::rego::compiler::Compiler, rvm::RegoVM};
use serde_json::json;

const ALLOW: &str = "data.feeds.allow";

/// A grant to the user beats one to a group; then the narrower scope wins; then a restriction does.
const POLICY: &str = r#"
package feeds

import rego.v1

default allow := false

allow if weighed([input.user]) == "allow"

allow if {
    weighed([input.user]) == "nothing"
    weighed(data.members[input.user]) == "allow"
}

weighed(principals) := "deny" if has(principals, input.feed, "deny")
else := "allow" if has(principals, input.feed, "allow")
else := "deny" if has(principals, data.feed_groups[input.feed], "deny")
else := "allow" if has(principals, data.feed_groups[input.feed], "allow")
else := "deny" if has(principals, "*", "deny")
else := "allow" if has(principals, "*", "allow")
else := "nothing"

has(principals, scope, effect) if {
    some principal in principals
    data.grants[principal][input.attribute][scope] == effect
}
"#;

pub fn run(world: &World, bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let data = Value::from_json_str(&data(world).to_string())?;
    let mut engine = Engine::new();
    engine.add_policy("feeds.rego".into(), POLICY.into())?;
    engine.add_data(data.clone())?;
    let yes = Value::from(true);

    let first = bench.run("regorus", "interpreter", |asked| {
        engine.set_input(input(asked));
        engine.eval_rule(ALLOW.into()).expect("the policy is sound") == yes
    })?;

    let compiled = engine.compile_with_entrypoint(&ALLOW.into())?;
    let mut machine = RegoVM::new();
    machine.load_program(Compiler::compile_from_policy(&compiled, &[ALLOW])?);
    machine.set_data(data)?;
    let second = bench.run("regorus", "virtual machine", |asked| {
        machine.set_input(input(asked));
        machine.execute().expect("the policy is sound") == yes
    })?;
    Ok(vec![first, second])
}

fn input(asked: &Asked) -> Value {
    let fields = [("user", asked.user.as_str()), ("attribute", asked.attribute), ("feed", &asked.feed)];
    Value::from(
        fields
            .map(|(key, value)| (Value::from(key), Value::from(value)))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
    )
}

/// Grants by principal, attribute and scope, so that the policy finds them without searching.
fn data(world: &World) -> serde_json::Value {
    let mut grants: BTreeMap<String, BTreeMap<&str, BTreeMap<String, &str>>> = BTreeMap::new();
    for grant in &world.grants {
        // In the small models a task is one attribute.
        let scopes =
            grants.entry(grant.to.name()).or_default().entry(names::attribute(grant.task)).or_default();
        let effect = scopes.entry(grant.scope.name()).or_insert("allow");
        if grant.restrict {
            *effect = "deny";
        }
    }
    let groups = |groups: &Vec<u32>| groups.iter().map(|group| names::group(*group)).collect::<Vec<_>>();
    let members = (0..).zip(&world.members).map(|(number, of)| (names::user(number), groups(of)));
    let feeds =
        (0..).zip(&world.feed_groups).map(|(number, group)| (names::feed(number), names::feed_group(*group)));
    json!({
        "members": members.collect::<BTreeMap<_, _>>(),
        "feed_groups": feeds.collect::<BTreeMap<_, _>>(),
        "grants": grants,
    })
}
