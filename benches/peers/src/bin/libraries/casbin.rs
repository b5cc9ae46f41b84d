//! casbin: a rule a grant; roles for groups, and for feeds that are in feed groups and among all feeds.
//!
//! A denial beats every permission, so that some answers differ.

use casbin::{CoreApi as _, DefaultModel, Enforcer, MemoryAdapter, MgmtApi as _};
use feedgate_peers::{
    decisions::{Bench, Row},
    model::{Scope, World, names},
};
use tokio::runtime::Builder;

const MODEL: &str = r"
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act, eft

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = r.act == p.act && g(r.sub, p.sub) && g2(r.obj, p.obj)
";

pub fn run(world: &World, bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let enforcer = runtime.block_on(enforcer(world))?;
    let row = bench.run("casbin", "enforce", |asked| {
        enforcer.enforce((&asked.user, &asked.feed, asked.attribute)).expect("the model is sound")
    })?;
    Ok(vec![row])
}

async fn enforcer(world: &World) -> casbin::Result<Enforcer> {
    let mut enforcer = Enforcer::new(DefaultModel::from_str(MODEL).await?, MemoryAdapter::default()).await?;
    enforcer.enable_auto_build_role_links(false);
    let rule = |grant: &feedgate_peers::model::Grant| {
        let effect = if grant.restrict { "deny" } else { "allow" };
        // In the small models a task is one attribute.
        let attribute = names::attribute(grant.task).to_owned();
        vec![grant.to.name(), grant.scope.name(), attribute, effect.into()]
    };
    enforcer.add_policies(world.grants.iter().map(rule).collect()).await?;
    let mut members = Vec::new();
    for (number, groups) in (0..).zip(&world.members) {
        members.extend(groups.iter().map(|group| vec![names::user(number), names::group(*group)]));
    }
    enforcer.add_named_grouping_policies("g", members).await?;
    let mut feeds = Vec::new();
    for (number, group) in (0..).zip(&world.feed_groups) {
        feeds.push(vec![names::feed(number), names::feed_group(*group)]);
        feeds.push(vec![names::feed(number), Scope::AllFeeds.name()]);
    }
    enforcer.add_named_grouping_policies("g2", feeds).await?;
    enforcer.build_role_links()?;
    Ok(enforcer)
}
