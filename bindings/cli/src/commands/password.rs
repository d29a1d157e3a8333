use crate::{
    args::{Passwd, PasswordSource},
    output,
    session::Session,
};
use pgs::{Error, Password, Result};
use serde_json::json;
use std::io::Read;

pub(crate) async fn run(session: &Session, args: &Passwd) -> Result<()> {
    let given = read_password(&args.password)?;
    let generated = given.is_none();
    let pgs = session.open().await?;
    let password = pgs.set_password(&args.tenant, given).await?;
    // What was given is known, and need not be said again.
    let password = generated.then(|| password.reveal());
    if session.json {
        output::json(&json!({ "id": args.tenant, "password": password }));
        return Ok(());
    }
    output::line(format!(
        "Changed the password of tenant {}. Live sessions go on.",
        args.tenant
    ));
    if let Some(password) = password {
        output::line(format!("  password  {password}   (shown only now)"));
    }
    Ok(())
}

/// The password that was given, wherever it was given; none when one is to be generated.
pub(crate) fn read_password(source: &PasswordSource) -> Result<Option<Password>> {
    let text = if let Some(text) = &source.password {
        text.clone()
    } else if let Some(path) = &source.password_file {
        std::fs::read_to_string(path).map_err(|cause| {
            Error::io(
                format!("the password file `{}` cannot be read", path.display()),
                cause,
            )
        })?
    } else if source.password_stdin {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|cause| Error::io("the password cannot be read from standard input", cause))?;
        text
    } else {
        return Ok(None);
    };
    let text = text
        .strip_suffix('\n')
        .map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
    text.parse().map(Some)
}
