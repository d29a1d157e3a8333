use crate::{
    args::{SelfSigned, Tls},
    output,
    session::Session,
};
use pgs::Result;
use serde_json::json;

pub(crate) fn run(session: &Session, command: &Tls) -> Result<()> {
    match command {
        Tls::SelfSigned(args) => self_signed(session, args),
    }
}

fn self_signed(session: &Session, args: &SelfSigned) -> Result<()> {
    let names = if args.name.is_empty() {
        HERE.map(str::to_owned).to_vec()
    } else {
        args.name.clone()
    };
    let directory = match &args.out {
        Some(directory) => directory.clone(),
        None => session.config.state_dir()?.join("tls"),
    };
    // Wherever `pgs serve` is started from.
    let directory = std::path::absolute(&directory).unwrap_or(directory);
    let files = pgs::self_signed(&names, &directory)?;
    if session.json {
        output::json(&json!({ "cert": files.certificate, "key": files.key, "names": names }));
        return Ok(());
    }
    let (cert, key) = (files.certificate.display(), files.key.display());
    let port = session.proxy_address()?.port();
    let host = names.first().map_or("localhost", String::as_str);
    output::line(format!(
        "A certificate for {}, good for a year. Use it in pgs.toml:\n\n\
         [serve.tls]\ncert = \"{cert}\"\nkey = \"{key}\"\n\n\
         or with: pgs serve --tls-cert {cert} --tls-key {key}\n\n\
         Clients that have a copy of {cert} can check whom they talk to:\n\n\
         psql \"host={host} port={port} user=<tenant> sslmode=verify-full sslrootcert={cert}\"",
        names.join(", ")
    ));
    Ok(())
}

/// How this machine calls itself.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
