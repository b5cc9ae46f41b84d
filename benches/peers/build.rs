//! Compiles feedgate's own protos, so that the ceiling and the driver speak its very messages.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    const ROOT: &str = "../../proto";

    println!("cargo:rerun-if-changed={ROOT}");
    let files = protox::compile(["feedgate/v1/decision_service.proto"], [ROOT])?;
    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .build_client(false)
        .compile_fds(files)?;
    Ok(())
}
