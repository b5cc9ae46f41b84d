//! What the forest says of the domain.

use std::sync::Arc;

use crate::{
    DirectoryError,
    ldap::{
        escape::{Value, domain_dn},
        query::{Bound, Query, attributes_of},
        session::Session,
    },
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Discovered {
    pub(super) netbios: Option<Box<str>>,
}

/// Asks for the domain's NETBIOS name: the root of the tree says where the configuration is, which has an entry for each
/// domain.
pub(super) async fn discover(session: &mut Session<'_>, domain: &str) -> Result<Discovered, DirectoryError> {
    let root = session.search(&Query::entry("", &["configurationNamingContext"])).await?;
    let configuration = match root.as_slice() {
        [root] => root.required("configurationNamingContext")?,
        _ => return Err(DirectoryError::Incomplete("there is no root entry".into())),
    };
    let base: Arc<str> = format!("CN=Partitions,{configuration}").into();
    let Some(domain) = Value::text(domain) else { return Ok(Discovered { netbios: None }) };
    let filter = format!("(&(objectClass=crossRef)(nETBIOSName=*)(dnsRoot={}))", domain.as_str());
    let found =
        session.search(&Query::below(&base, filter, &attributes_of(&["nETBIOSName"]), Bound::All(1))).await?;
    let netbios = found.first().map(|entry| entry.required("nETBIOSName")).transpose()?;
    Ok(Discovered { netbios: netbios.map(Into::into) })
}

/// How the URLs of partitions begin that hold nobody, but which a search of the whole domain refers to.
pub(super) fn without_users(domain: &str) -> Vec<String> {
    let base = domain_dn(domain).unwrap_or_default();
    let partitions = [
        format!("ForestDnsZones.{domain}/DC=ForestDnsZones,{base}"),
        format!("DomainDnsZones.{domain}/DC=DomainDnsZones,{base}"),
        format!("{domain}/DC=ForestDnsZones,{base}"),
        format!("{domain}/DC=DomainDnsZones,{base}"),
        format!("{domain}/CN=Configuration,{base}"),
        format!("{domain}/CN=Schema,CN=Configuration,{base}"),
    ];
    let schemes = ["ldap", "ldaps"].into_iter();
    schemes
        .flat_map(|scheme| partitions.iter().map(move |partition| format!("{scheme}://{partition}")))
        .collect()
}
