//! A small image that is made from nothing, as `docker load` takes it.

use crate::engine::Engine;
use bollard::{
    body_full,
    query_parameters::{ImportImageOptionsBuilder, RemoveImageOptionsBuilder},
};
use futures_util::StreamExt;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use tokio::runtime::Builder;

/// An image that only this test's engine has, which is removed with this.
pub(super) struct Loaded {
    pub(super) name: String,
    engine: Engine,
}

impl Loaded {
    pub(super) async fn new(engine: &Engine, name: &str) -> Self {
        let options = ImportImageOptionsBuilder::new().quiet(true).build();
        let archive = body_full(archive(name).into());
        let mut messages = Box::pin(engine.docker().import_image(options, archive, None));
        while let Some(message) = messages.next().await {
            message.unwrap();
        }
        Self {
            name: name.to_owned(),
            engine: engine.clone(),
        }
    }

    /// Removes it from the engine, if it is there.
    pub(super) async fn remove(&self) {
        let options = RemoveImageOptionsBuilder::new().force(true).build();
        let docker = self.engine.docker();
        let _ = docker.remove_image(&self.name, Some(options), None).await;
    }
}

impl Drop for Loaded {
    /// A test that fails leaves nothing in an engine that others use.
    fn drop(&mut self) {
        let removal = async { self.remove().await };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap()
                    .block_on(removal);
            });
        });
    }
}

fn archive(name: &str) -> Vec<u8> {
    let layer = tar(&[("data", &noise(name))]);
    let config = json!({
        "architecture": "amd64", "os": "linux",
        "config": {
            "Env": ["PATH=/bin", "PG_MAJOR=18", "PGDATA=/var/lib/postgresql/18/docker", "EMPTY=", "EQUAL=a=b"],
            "User": "70:70", "Volumes": { "/var/lib/postgresql": {} },
            "Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["postgres"]
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", hash(&layer))] },
        "history": [{ "created_by": "a test of pgs" }]
    });
    let manifest =
        json!([{ "Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"] }]);
    tar(&[
        ("manifest.json", manifest.to_string().as_bytes()),
        ("config.json", config.to_string().as_bytes()),
        ("layer.tar", &layer),
    ])
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Three megabytes that do not compress, and are not in any other image.
fn noise(seed: &str) -> Vec<u8> {
    let mut block = Sha256::digest(seed);
    let mut noise = Vec::new();
    while noise.len() < 3 << 20 {
        block = Sha256::digest(block);
        noise.extend_from_slice(&block);
    }
    noise
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
