//! DirectoryService: the people. Every call has shown the token before it gets here.

use tonic::{Request, Response, Status};

use super::{
    convert::directory::{given, probe, search},
    pb::{self, directory_service_server::DirectoryService},
};
use crate::service::DecisionPoint;

/// Looks into directories, and has passwords verified.
#[derive(Clone, Debug)]
pub struct People {
    point: DecisionPoint,
}

impl People {
    pub fn new(point: DecisionPoint) -> Self {
        Self { point }
    }
}

#[tonic::async_trait]
impl DirectoryService for People {
    async fn search_principals(
        &self,
        request: Request<pb::SearchPrincipalsRequest>,
    ) -> Result<Response<pb::SearchPrincipalsResponse>, Status> {
        let answer = self.point.search_principals(search(request.get_ref())?).await?;
        Ok(Response::new(answer.into()))
    }

    async fn verify_login(
        &self,
        _request: Request<pb::VerifyLoginRequest>,
    ) -> Result<Response<pb::VerifyLoginResponse>, Status> {
        Err(Status::unavailable("on a branch, and merged before anything is released"))
    }

    async fn test_directory(
        &self,
        request: Request<pb::TestDirectoryRequest>,
    ) -> Result<Response<pb::TestDirectoryResponse>, Status> {
        let (directory, probe) = probe(request.get_ref());
        Ok(Response::new(self.point.test_directory(directory, probe).await?.into()))
    }

    async fn refresh_membership(
        &self,
        request: Request<pb::RefreshMembershipRequest>,
    ) -> Result<Response<pb::RefreshMembershipResponse>, Status> {
        let pb::RefreshMembershipRequest { directory, user } = request.get_ref();
        let refreshment = match given(user) {
            Some(user) => self.point.refresh_user(given(directory), user).await?,
            None => self.point.refresh_all(given(directory)).await?,
        };
        Ok(Response::new(refreshment.into()))
    }
}
