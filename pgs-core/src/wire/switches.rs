use super::OptionArgs;
use std::borrow::Cow;

/// The value that the `options` parameter gives a setting, by the server's own reading; the last one counts.
///
/// Reading ends where the server's does, at an argument that it does not take: no session comes of such a packet.
///
/// ```
/// use pgs_core::wire::setting_in;
///
/// assert_eq!(setting_in(b"-c geqo=off -cpgs.tenant=acme", b"pgs.tenant"), Some(b"acme".to_vec()));
/// ```
///
/// Source: `src/backend/tcop/postgres.c`, `process_postgres_switches`; `guc.c`, `ParseLongOption`.
pub fn setting_in(options: &[u8], setting: &[u8]) -> Option<Vec<u8>> {
    let mut args = OptionArgs::new(options);
    let mut found = None;
    while let Some(assignment) = next_assignment(&mut args) {
        if let Assignment::Of(text) = assignment
            && let Some((name, value)) = parts(&text)
            && is_called(name, setting)
        {
            found = Some(value.to_vec());
        }
    }
    found
}

enum Assignment<'a> {
    /// Switches that assign nothing by name.
    None,
    /// `name=value`, or what stands in its place.
    Of(Cow<'a, [u8]>),
}

/// Reads one argument of switches, and the next one if the last switch takes it; none at the end.
fn next_assignment<'a>(args: &mut OptionArgs<'a>) -> Option<Assignment<'a>> {
    let arg = args.next()?;
    let mut letters = arg.strip_prefix(b"-").filter(|rest| !rest.is_empty())?;
    // Ends all switches.
    if letters == b"-" {
        return None;
    }
    while let Some((letter, rest)) = letters.split_first() {
        if PLAIN.contains(letter) {
            letters = rest;
            continue;
        }
        if !VALUED.contains(letter) {
            return None;
        }
        let value = if rest.is_empty() {
            args.next()?
        } else {
            Cow::Owned(rest.to_vec())
        };
        return Some(match letter {
            b'c' | b'-' => Assignment::Of(value),
            _ => Assignment::None,
        });
    }
    Some(Assignment::None)
}

fn parts(assignment: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = assignment.splitn(2, |byte| *byte == b'=');
    Some((parts.next()?, parts.next()?))
}

/// Names of settings are compared without case, and a dash is an underscore.
fn is_called(name: &[u8], setting: &[u8]) -> bool {
    let meant = name.iter().map(|byte| match byte {
        b'-' => b'_',
        byte => byte.to_ascii_lowercase(),
    });
    meant.eq(setting.iter().copied())
}

/// Switches that stand alone, and those with a value: `B:bC:c:D:d:EeFf:h:ijk:lN:nOPp:r:S:sTt:v:W:-:`.
const PLAIN: &[u8] = b"bEeFijlnOPsT";
const VALUED: &[u8] = b"BCcDdfhkNprStvW-";

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(options: &[u8]) -> Option<Vec<u8>> {
        setting_in(options, b"pgs.tenant")
    }

    #[test]
    fn a_setting_can_be_written_in_three_ways() {
        for options in [
            &b"-c pgs.tenant=acme"[..],
            b"-cpgs.tenant=acme",
            b"--pgs.tenant=acme",
            b"-ecpgs.tenant=acme",
            b"-e -S 7000 -d5 -c geqo=off --PGS.Tenant=acme",
            br"-c pgs.tenant=a\cme",
            b"-c pgs.tenant=first -c pgs.tenant=acme",
        ] {
            assert_eq!(
                tenant(options),
                Some(b"acme".to_vec()),
                "{}",
                options.escape_ascii()
            );
        }
        assert_eq!(tenant(br"-cpgs.tenant=a\ b"), Some(b"a b".to_vec()));
        assert_eq!(tenant(b"-cpgs.tenant="), Some(Vec::new()));
        assert_eq!(tenant(b"-cpgs.tenant=a=b"), Some(b"a=b".to_vec()));
    }

    #[test]
    fn what_is_another_switchs_value_is_no_setting() {
        for options in [
            &b""[..],
            b"pgs.tenant=acme",
            b"-S -cpgs.tenant=acme",
            b"-c geqo=off pgs.tenant=acme",
            b"-c",
            b"-c pgs.tenant",
            b"--pgs.tenants=acme",
            b"--pgs_tenant=acme",
            b"--application-name=pgs.tenant=acme",
        ] {
            assert_eq!(tenant(options), None, "{}", options.escape_ascii());
        }
    }

    #[test]
    fn nothing_is_read_behind_what_the_server_refuses() {
        for end in [&b"x"[..], b"-", b"--", b"-Z", b"-e-", b"\\"] {
            let options = [b"--pgs.tenant=a ", end, b" --pgs.tenant=b"].concat();
            assert_eq!(
                tenant(&options),
                Some(b"a".to_vec()),
                "{}",
                options.escape_ascii()
            );
        }
    }
}
