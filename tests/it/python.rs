//! A client in another language: generated from the protos by grpcio-tools, and by server reflection.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::support::{
    program::{Output, run},
    server::Server,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The interpreter of the tests' own environment.
pub fn interpreter() -> PathBuf {
    let python = Path::new(ROOT).join("tests/.venv/bin/python");
    assert!(python.exists(), "there is no {}: run `tests/setup/python` first", python.display());
    python
}

/// Runs it, with modules from this folder, too.
pub fn python(words: &[&str], modules: &Path) -> Output {
    run(Command::new(interpreter()).args(words).env("PYTHONPATH", modules).current_dir(ROOT), b"")
}

/// Generates the modules of the API, as the author of a client does.
pub fn generate(to: &Path) {
    let folder = to.to_str().unwrap();
    let (messages, stubs) = (format!("--python_out={folder}"), format!("--grpc_python_out={folder}"));
    let mut words = vec!["-m", "grpc_tools.protoc", "--proto_path=proto", &messages, &stubs];
    words.extend([
        "feedgate/v1/common.proto",
        "feedgate/v1/policy.proto",
        "feedgate/v1/decision_service.proto",
        "feedgate/v1/directory_provider.proto",
        "feedgate/v1/directory_service.proto",
        "feedgate/v1/analysis_service.proto",
        "feedgate/v1/policy_service.proto",
        "feedgate/v1/watch_service.proto",
    ]);
    python(&words, to).ended(0);
}

#[test]
fn a_client_in_python() {
    let modules = tempfile::tempdir().unwrap();
    generate(modules.path());
    let socket = modules.path().join("grpc.sock");
    let server = Server::start();
    talks(&server, server.address(), modules.path());
    let server = Server::start_with(&["--uds", socket.to_str().unwrap()]);
    talks(&server, &format!("unix:{}", socket.display()), modules.path());
}

/// A client in Python, on a new store.
fn talks(server: &Server, address: &str, modules: &Path) {
    let output = python(&["tests/python/client.py", address, &server.token()], modules);
    let told: Value = output.json();
    assert_eq!(
        told,
        json!({
            "write": {"refused": ["UNAUTHENTICATED", "TOKEN_MISSING"], "revision": 1, "created": 6},
            "check": {
                "ann": [true, "REASON_PERMITTED"],
                "nobody": [false, "REASON_NOT_GRANTED"],
                "unknown attribute": ["INVALID_ARGUMENT", "UNKNOWN_ATTRIBUTE"],
            },
            "batch": [true, "UNKNOWN_ATTRIBUTE", false],
            "look": {
                "refused": ["UNAUTHENTICATED", "TOKEN_MISSING"],
                "feeds": ["nuget"],
                "promotion": false,
                "unmet": [
                    "PROMOTION_REQUIREMENT_KIND_TARGET_REGISTERED",
                    "PROMOTION_REQUIREMENT_KIND_SAME_TYPE",
                    "PROMOTION_REQUIREMENT_KIND_PROMOTE_TO",
                    "PROMOTION_REQUIREMENT_KIND_ACCEPT_ON_TARGET",
                ],
            },
            "lint": {"findings": ["group"], "counts": [["FINDING_CODE_EMPTY_GROUP", 1]]},
            "watch": [
                [
                    1,
                    "admin-token",
                    ["user", "group", "feed", "grant", "group", "grant"],
                    true,
                    ["everyone", "group", "user"],
                ],
                ["checkpoint", 1],
            ],
            "reflection": {
                "services": [
                    "feedgate.v1.AnalysisService",
                    "feedgate.v1.DecisionService",
                    "feedgate.v1.DirectoryService",
                    "feedgate.v1.PolicyService",
                    "feedgate.v1.WatchService",
                    "grpc.health.v1.Health",
                    "grpc.reflection.v1alpha.ServerReflection",
                ],
                "allowed": true,
                "reason": "REASON_PERMITTED",
                "revision": "1",
                "feeds": ["nuget"],
                "promotion": ["PROMOTION_REQUIREMENT_KIND_ACCEPT_ON_TARGET"],
                "findings": "1",
            },
        })
    );
}
