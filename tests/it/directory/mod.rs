//! Directories outside of the policy, against real servers.

mod active_directory;
mod conformance;
mod faults;
mod ldap;
mod nonsense;
mod tls;
mod whole;
