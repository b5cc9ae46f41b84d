//! How directories outside of the policy are reached: what was configured becomes connections.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::{
    directory::{
        Ages, Connections, Reach, UserDirectory,
        ldap::{ActiveDirectory, ActiveDirectorySettings, LdapDirectory, LdapSettings},
    },
    grpc::{Provider, ProviderSettings},
    model::Name,
};

/// How one directory is reached, and how old what is known of it may become.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// What the policy calls it.
    pub name: String,
    /// From then on it is asked again, in the background.
    #[serde(default = "usual_refresh")]
    pub refresh_seconds: u32,
    /// From then on nothing is answered from what it said.
    #[serde(default = "usual_usable")]
    pub usable_seconds: u32,
    pub ldap: Option<LdapSettings>,
    pub active_directory: Option<ActiveDirectorySettings>,
    pub provider: Option<ProviderSettings>,
}

fn usual_refresh() -> u32 {
    seconds(Ages::default().refresh)
}

fn usual_usable() -> u32 {
    seconds(Ages::default().usable)
}

fn seconds(age: Duration) -> u32 {
    u32::try_from(age.as_secs()).unwrap_or(u32::MAX)
}

/// All connections. Nothing is connected yet. Must be called within a runtime.
pub fn connections(directories: Vec<Directory>) -> anyhow::Result<Connections> {
    let reaches = directories.into_iter().map(|directory| {
        let name = directory.name.clone();
        reach(directory).with_context(|| format!("configuration: the directory `{name}`"))
    });
    let reaches = reaches.collect::<anyhow::Result<Vec<_>>>()?;
    Connections::new(reaches).context("configuration")
}

fn reach(directory: Directory) -> anyhow::Result<Reach> {
    let Directory { name, refresh_seconds, usable_seconds, ldap, active_directory, provider } = directory;
    let name = Name::new(&name)?;
    if name.as_str() == crate::model::directory::BUILT_IN_NAME {
        bail!("the built-in directory is part of the policy, nobody has to be asked about it");
    }
    if refresh_seconds == 0 || usable_seconds < refresh_seconds {
        bail!("`refresh_seconds` must be at least 1, and `usable_seconds` no less than that");
    }
    let [refresh, usable] = [refresh_seconds, usable_seconds].map(|age| Duration::from_secs(age.into()));
    let (kind, asked): (_, Arc<dyn UserDirectory>) = match (ldap, active_directory, provider) {
        (Some(settings), None, None) => ("ldap", Arc::new(LdapDirectory::new(&settings)?)),
        (None, Some(settings), None) => ("active-directory", Arc::new(ActiveDirectory::new(&settings)?)),
        (None, None, Some(settings)) => ("provider", Arc::new(Provider::new(settings)?)),
        _ => bail!(
            "it must say in which one way it is reached: with a table `[directory.ldap]`, \
             `[directory.active_directory]` or `[directory.provider]`"
        ),
    };
    Ok(Reach { name, kind, directory: asked, ages: Ages { refresh, usable } })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{super::config::Flags, *};
    use crate::app::Config;

    fn configured(text: &str) -> anyhow::Result<Connections> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feedgate.toml");
        std::fs::write(&path, text).unwrap();
        connections(Config::load(Some(&path), Flags::default())?.directories)
    }

    #[tokio::test]
    async fn the_example_is_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/directories.toml");
        let text = std::fs::read_to_string(path).unwrap();
        configured(&text).unwrap();
        let wrong = text.replace("(cn=%s))\"", "(cn=%s)\"");
        let error = format!("{:#}", configured(&wrong).unwrap_err());
        assert!(error.contains("the directory `LDAP`: group_filter: "), "{error}");
        let wrong = text.replace("user_base", "user_bas");
        let error = format!("{:#}", configured(&wrong).unwrap_err());
        assert!(error.contains("user_bas"), "{error}");
    }

    #[tokio::test]
    async fn one_way_each() {
        for tables in [
            "",
            "[directory.provider]\naddress = \"unix:/x\"\n[directory.active_directory]\ndomain = \"a.b\"\naccount = \"a@b\"\n",
        ] {
            let error = configured(&format!("data = \"/x\"\n[[directory]]\nname = \"people\"\n{tables}"))
                .unwrap_err();
            assert!(format!("{error:#}").contains("in which one way it is reached"), "{error:#}");
        }
    }
}
