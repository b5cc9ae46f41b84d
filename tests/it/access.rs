//! Who may call what, over the descriptors of everything that is served.

use feedgate::grpc::pb::FILE_DESCRIPTOR_SET;
use prost_reflect::DescriptorPool;
use tonic::{Code, Request, Status, client::Grpc, codegen::http::uri::PathAndQuery, transport::Channel};
use tonic_prost::ProstCodec;

use crate::support::{ask, server::Server};

/// Open on loopback and Unix sockets.
const DECIDE: [&str; 4] = ["Check", "BatchCheck", "CheckPromotion", "ListEffectiveAttributes"];

/// Every method: its path and its name.
fn methods() -> Vec<(String, String)> {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    methods
        .map(|method| {
            let name = method.name().to_owned();
            (format!("/{}/{name}", method.parent_service().full_name()), name)
        })
        .collect()
}

/// Calls any method with an empty message.
async fn call(channel: &Channel, path: &str, authorization: Option<&str>) -> Result<(), Status> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let mut request = Request::new(tokio_stream::once(()));
    if let Some(value) = authorization {
        request.metadata_mut().insert("authorization", value.parse().unwrap());
    }
    let path: PathAndQuery = path.parse().unwrap();
    let mut answer = client.streaming(request, path, ProstCodec::<(), ()>::default()).await?.into_inner();
    // The first message will do: some answers have no end.
    answer.message().await?;
    Ok(())
}

#[tokio::test]
async fn beyond_decisions_everything_needs_the_token() {
    let server = Server::start();
    let channel = Channel::from_shared(format!("http://{}", server.address())).unwrap().connect_lazy();
    let right = format!("Bearer {}", server.token());
    let longer = format!("{right}x");
    let methods = methods();
    assert!(methods.len() > 20, "{methods:?}");
    for (path, name) in &methods {
        for (authorization, why) in [
            (None, "TOKEN_MISSING"),
            (Some("Bearer wrong"), "TOKEN_INVALID"),
            (Some("Bearer "), "TOKEN_INVALID"),
            (Some("Basic QWRtaW46QWRtaW4="), "TOKEN_INVALID"),
            (Some(longer.as_str()), "TOKEN_INVALID"),
            (Some(server.token().as_str()), "TOKEN_INVALID"),
        ] {
            let answer = call(&channel, path, authorization).await.map_err(|status| ask::reason(&status));
            if DECIDE.contains(&name.as_str()) {
                // An empty question is refused for what it lacks.
                let lacking = Err((Code::InvalidArgument, "MISSING_FIELD".to_owned()));
                assert_eq!(answer, lacking, "{path} {authorization:?}");
            } else {
                assert_eq!(answer, Err((Code::Unauthenticated, why.into())), "{path} {authorization:?}");
            }
        }
        let admitted = call(&channel, path, Some(&right)).await;
        let code = admitted.map_or_else(|status| status.code(), |()| Code::Ok);
        assert!(matches!(code, Code::Ok | Code::InvalidArgument | Code::NotFound), "{path}: {code:?}");
    }
    assert_eq!(server.status().await.revision, 0);
}

#[tokio::test]
async fn the_token_is_its_owners_alone_and_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut server = Server::start();
    let (file, token) = (server.data().join("admin-token"), server.token());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(token.len() >= 32, "{} characters", token.len());
    assert!(!server.log().contains(&token), "a log is no place for it");
    server.restart();
    assert_eq!(server.token(), token);
    assert_ne!(Server::start().token(), token);
}
