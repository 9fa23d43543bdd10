//! Who a client is, and where its visitors may come back to. The redirect policy is the registry of clients: an application origin needs no
//! entry of its own.

use app::{
    applications::{
        client::{check_redirect_uri, is_client_id},
        store::clients::{self, FoundClient},
    },
    redirects::{Flow, is_application_origin, policy},
};

use crate::portal::{PageContext, snapshot::Snapshot};

/// A client of an instance.
#[derive(Clone, Debug)]
pub(in crate::portal) enum Client {
    /// An application origin. It has no secret: its codes need the verifier of PKCE, and arrive at that origin.
    Application,
    /// A program with a secret.
    Confidential(FoundClient),
}

impl Client {
    /// The client of that name; `None` if the instance has none.
    ///
    /// # Errors
    /// The query fails.
    pub(in crate::portal) async fn find(context: &PageContext, snapshot: &Snapshot, client_id: &str) -> sqlx::Result<Option<Self>> {
        if is_client_id(client_id) {
            return Ok(clients::find(context.pool(), snapshot.id, client_id).await?.map(Self::Confidential));
        }
        Ok(is_application_origin(&snapshot.instance, &snapshot.applications.origins, client_id).then_some(Self::Application))
    }

    /// Whether visitors of this client may come back to that address, as the client wrote it.
    pub(in crate::portal) fn allows(&self, snapshot: &Snapshot, client_id: &str, redirect_uri: &str) -> bool {
        match self {
            // What was right in development may not be so in production.
            Self::Confidential(client) => {
                client.redirect_uris.iter().any(|known| known == redirect_uri)
                    && check_redirect_uri(redirect_uri, snapshot.instance.environment()).is_ok()
            }
            Self::Application => {
                let url = check_redirect_uri(redirect_uri, snapshot.instance.environment());
                url.is_ok_and(|url| url.origin().ascii_serialization() == client_id)
                    && policy::check(&snapshot.instance, Flow::SignIn, None, redirect_uri).is_ok()
            }
        }
    }
}
