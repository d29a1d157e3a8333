use crate::{
    promise::promise,
    reports::{Ban, Counters, DrainReport, Listening, Session},
    wait::{Callback, wait},
};
use napi::{
    Env,
    bindgen_prelude::{Object, ToNapiValue},
};
use napi_derive::napi;
use pgs::{Error, ErrorKind};
use pgs_bindings::{Fault, Server};
use std::net::IpAddr;

/// A running proxy.
#[napi]
#[derive(Debug)]
pub struct NativeProxy {
    server: Server,
}

#[napi]
impl NativeProxy {
    /// The address of the first listener that has a port.
    #[napi(getter)]
    pub fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// Every listener's address.
    #[napi(getter)]
    pub fn addresses(&self) -> Vec<String> {
        texts(self.server.addresses())
    }

    /// Every listener's address as it is configured, and as it is.
    #[napi(getter)]
    pub fn listening(&self) -> Vec<Listening> {
        self.server
            .listening()
            .iter()
            .map(Listening::from)
            .collect()
    }

    /// Where metrics are served, if they are.
    #[napi(getter, ts_return_type = "string | null")]
    pub fn metrics_address(&self) -> Option<String> {
        self.server
            .metrics_address()
            .map(|address| address.to_string())
    }

    /// The addresses that others can reach and at which no TLS is spoken.
    #[napi(getter)]
    pub fn exposed(&self) -> Vec<String> {
        texts(self.server.exposed())
    }

    /// The processes that it took over from.
    #[napi(getter)]
    pub fn predecessors(&self) -> Vec<u32> {
        self.server.predecessors().to_vec()
    }

    /// The live sessions, the oldest first.
    #[napi(ts_return_type = "Promise<Array<Session>>")]
    pub fn sessions<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.look(env, |proxy| {
            let sessions = proxy.sessions().into_iter();
            sessions.map(Session::from).collect::<Vec<_>>()
        })
    }

    /// Who is turned away now for failed logins.
    #[napi(ts_return_type = "Promise<Array<Ban>>")]
    pub fn bans<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.look(env, |proxy| {
            proxy.bans().into_iter().map(Ban::from).collect::<Vec<_>>()
        })
    }

    /// Forgets the failures of an address at a tenant.
    #[napi(ts_return_type = "Promise<boolean>")]
    pub fn unban<'env>(
        &self,
        env: &'env Env,
        tenant: String,
        address: String,
    ) -> napi::Result<Object<'env>> {
        let server = self.server.clone();
        promise(env, async move {
            let address = ip(&address)?;
            server
                .look(move |proxy| proxy.unban(&tenant, address))
                .await
        })
    }

    /// What it has counted so far.
    #[napi(ts_return_type = "Promise<Counters>")]
    pub fn counters<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.look(env, |proxy| Counters::from(proxy.counters()))
    }

    /// Reads the certificates again.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn reload_certificates<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let server = self.server.clone();
        promise(env, async move { server.reload_certificates().await })
    }

    /// Calls back once another process has taken over.
    #[napi]
    pub fn replaced(
        &self,
        #[napi(ts_arg_type = "(error: Error | null, pid?: number | null) => void")]
        callback: Callback<Option<u32>>,
    ) -> napi::Result<()> {
        let server = self.server.clone();
        wait(callback, async move { server.replaced().await })
    }

    /// Lets in nobody new, and ends the sessions with grace.
    #[napi(ts_return_type = "Promise<DrainReport>")]
    pub fn shutdown<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.ended(env, |server| async move { server.shutdown().await })
    }

    /// Waits for the end of the last session after another process has taken over.
    #[napi(ts_return_type = "Promise<DrainReport>")]
    pub fn finished<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.ended(env, |server| async move { server.finished().await })
    }

    /// Lets in nobody new, and ends the sessions at once.
    #[napi(ts_return_type = "Promise<DrainReport>")]
    pub fn close<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.ended(env, |server| async move { server.close().await })
    }
}

impl NativeProxy {
    pub(crate) fn new(server: Server) -> Self {
        Self { server }
    }

    fn look<'env, T: ToNapiValue + Send + 'static>(
        &self,
        env: &'env Env,
        ask: impl FnOnce(&pgs::Proxy) -> T + Send + 'static,
    ) -> napi::Result<Object<'env>> {
        let server = self.server.clone();
        promise(env, async move { server.look(ask).await })
    }

    fn ended<'env, F: Future<Output = pgs::DrainReport> + Send + 'static>(
        &self,
        env: &'env Env,
        end: impl FnOnce(Server) -> F,
    ) -> napi::Result<Object<'env>> {
        let ending = end(self.server.clone());
        promise(env, async move { Ok(DrainReport::from(ending.await)) })
    }
}

fn ip(text: &str) -> Result<IpAddr, Fault> {
    text.parse().map_err(|cause| {
        let message = format!("option `address`: `{text}` is no IP address");
        let error = Error::new(ErrorKind::InvalidInput, message).with_source(cause);
        Fault::from(error.with_remedy("write it as `bans()` tells it, without a port"))
    })
}

fn texts<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}
