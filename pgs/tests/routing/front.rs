//! A proxy whose listener has keys and networks of its own, in front of a tenant with roles of its own.

use crate::common::{Stage, password};
use pgs::{
    Access, Disclosure, InitScript, ListenerPolicy, Proxy, ProxyConfig, routing::RoutingKeys,
};
use std::{net::SocketAddr, sync::Arc};
use testkit::{
    Greeting, RawClient,
    message::{V3_0, startup_with},
};

/// The tenant, and a role that it has made itself.
pub(crate) const TENANT: &str = "keyed";
pub(crate) const ROLE: &str = "app";

pub(crate) struct Front {
    pub(crate) stage: Arc<Stage>,
    proxy: Proxy,
}

impl Front {
    /// One that tells reasons.
    pub(crate) fn frank(policy: ListenerPolicy) -> Self {
        Self::with(policy, ProxyConfig::default())
    }

    /// One that tells nobody anything.
    pub(crate) fn secretive(policy: ListenerPolicy) -> Self {
        let limits = ProxyConfig {
            disclose: Disclosure::Never,
            ..ProxyConfig::default()
        };
        Self::with(policy, limits)
    }

    fn with(policy: ListenerPolicy, limits: ProxyConfig) -> Self {
        let stage = Stage::shared();
        stage.tenant_with(TENANT, |spec| {
            spec.access = Access::Enabled;
            let roles = format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{}'", password(ROLE));
            spec.init_scripts.push(InitScript::new("roles", roles));
        });
        let builder = Proxy::builder(stage.pgs()).listen_with("127.0.0.1:0", policy);
        let start = builder.limits(limits).start();
        let proxy = stage.run("start a proxy", start).unwrap();
        Self { stage, proxy }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.proxy.address()
    }

    pub(crate) fn connect(&self) -> RawClient {
        RawClient::tcp(self.address())
    }

    /// Tries to log in with these parameters, and answers the session and how that went.
    pub(crate) fn login(
        &self,
        parameters: &[(&str, &str)],
        password: &str,
    ) -> (RawClient, Greeting) {
        let mut client = self.connect();
        let greeting = client.login(&startup_with(V3_0, parameters), password);
        (client, greeting)
    }

    /// Logs in with these parameters, which has to succeed, and answers role and database.
    pub(crate) fn seen(&self, parameters: &[(&str, &str)], password: &str) -> String {
        let (mut client, greeting) = self.login(parameters, password);
        assert!(greeting.is_ready(), "{parameters:?}: {greeting:?}");
        client.value("SELECT current_user || ' in ' || current_database()")
    }

    /// The code and the message that it is refused with.
    pub(crate) fn refused(&self, parameters: &[(&str, &str)]) -> (String, String) {
        let (_, greeting) = self.login(parameters, "wrong");
        let Some(error) = greeting.frames.iter().find(|frame| frame.tag == b'E') else {
            panic!("{parameters:?}: {greeting:?}");
        };
        (error.field(b'C').unwrap(), error.field(b'M').unwrap())
    }
}

/// A listener with these keys.
pub(crate) fn keys(keys: RoutingKeys) -> ListenerPolicy {
    let mut policy = ListenerPolicy::default();
    policy.keys = keys;
    policy
}

/// A listener where the user name is a tenant, or a role and a tenant.
pub(crate) fn roles() -> ListenerPolicy {
    keys(RoutingKeys {
        user: true,
        role_and_tenant: true,
        ..RoutingKeys::NONE
    })
}
