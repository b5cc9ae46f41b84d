//! Compiles the protos with a compiler written in Rust: nothing has to be installed to build feedgate.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    const ROOT: &str = "proto";
    /// What others implement: here it isn't served, and so nobody is told of it who asks what is.
    const PROVIDER: &str = "feedgate/v1/directory_provider.proto";
    const SERVICES: [&str; 5] = [
        "proto/feedgate/v1/analysis_service.proto",
        "proto/feedgate/v1/decision_service.proto",
        "proto/feedgate/v1/directory_service.proto",
        "proto/feedgate/v1/policy_service.proto",
        "proto/feedgate/v1/watch_service.proto",
    ];

    println!("cargo:rerun-if-changed={ROOT}");
    let served = protox::compile(SERVICES, [ROOT])?;

    // Server reflection and JSON output read the descriptors at run time.
    let embedded = PathBuf::from(env::var("OUT_DIR")?).join("feedgate.binpb");
    fs::write(embedded, served.encode_to_vec())?;

    // The limits of repeated fields are looked up by the name of their message.
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        .codec_path("crate::grpc::codec::Codec")
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        // What can be printed ends up in a log one day; src/grpc/pb.rs prints these without their secrets.
        .skip_debug([
            ".feedgate.v1.SetPassword",
            ".feedgate.v1.BackupResponse",
            ".feedgate.v1.VerifyLoginRequest",
            ".feedgate.v1.VerifyPasswordRequest",
        ])
        .compile_fds_with_config(protox::compile(SERVICES.into_iter().chain([PROVIDER]), [ROOT])?, config)?;
    Ok(())
}
