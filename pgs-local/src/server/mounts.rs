//! What a process has mounted, which everybody may read (`man 5 proc_pid_mountinfo`): where it can have got to, though it
//! may not be looked at itself.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

/// Whether a process cannot work in a directory, since nothing that it has mounted has that directory in it.
///
/// Where that cannot be told, it may well work there.
pub(super) fn is_out_of_reach(process: &Path, directory: &Path) -> bool {
    let whether = || {
        let ours = read(Path::new("/proc/thread-self"))?;
        let spot = spot(&ours, &directory.canonicalize()?);
        let theirs = read(process)?;
        io::Result::Ok(spot.is_some_and(|spot| !theirs.iter().any(|mount| mount.has(&spot))))
    };
    whether().unwrap_or(false)
}

/// A part of a file system, and where it is to be seen.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    /// `major:minor`
    device: String,
    /// The part, as a path in the file system.
    root: PathBuf,
    at: PathBuf,
}

/// A directory, whatever it is called by whom.
struct Spot {
    device: String,
    path: PathBuf,
}

impl Mount {
    fn has(&self, spot: &Spot) -> bool {
        self.device == spot.device && spot.path.starts_with(&self.root)
    }
}

/// Where a directory is by these mounts; of two at one place, the later one hides the other.
fn spot(mounts: &[Mount], directory: &Path) -> Option<Spot> {
    let around = mounts
        .iter()
        .filter(|mount| directory.starts_with(&mount.at));
    let mount = around.max_by_key(|mount| mount.at.as_os_str().len())?;
    let rest = directory.strip_prefix(&mount.at).ok()?;
    Some(Spot {
        device: mount.device.clone(),
        path: mount.root.join(rest),
    })
}

/// None at all where there is one that is not understood: it could have anything in it.
fn read(process: &Path) -> io::Result<Vec<Mount>> {
    let text = fs::read(process.join("mountinfo"))?;
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.is_empty())
        .map(|line| parse(line).ok_or(io::ErrorKind::InvalidData.into()))
        .collect()
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime ...`
fn parse(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ').skip(2);
    Some(Mount {
        device: String::from_utf8(fields.next()?.to_vec()).ok()?,
        root: unescaped(fields.next()?)?,
        at: unescaped(fields.next()?)?,
    })
}

/// A space is `\040`, and so on.
fn unescaped(field: &[u8]) -> Option<PathBuf> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'\\' {
            let (digits, behind) = behind.split_at_checked(3)?;
            let digits = std::str::from_utf8(digits).ok()?;
            plain.push(u8::from_str_radix(digits, 8).ok()?);
            rest = behind;
        } else {
            plain.push(*first);
            rest = behind;
        }
    }
    Some(OsString::from_vec(plain).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounts(lines: &[&str]) -> Vec<Mount> {
        lines
            .iter()
            .map(|line| parse(line.as_bytes()).unwrap())
            .collect()
    }

    /// Whether a process with the second mounts can be in a directory of one with the first.
    fn has(ours: &[Mount], directory: &str, theirs: &[&str]) -> bool {
        let spot = spot(ours, Path::new(directory)).unwrap();
        mounts(theirs).iter().any(|mount| mount.has(&spot))
    }

    #[test]
    fn a_container_has_what_is_mounted_into_it_and_no_more() {
        let host = mounts(&[
            "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
            "40 27 0:34 /sub /srv/my\\040disk rw - btrfs /dev/vdb rw",
        ]);
        let data = "/var/lib/pgs/tenants/1/data";
        let image = "50 49 0:51 / / ro,relatime - overlay overlay ro";
        let volume =
            |root: &str| format!("51 50 254:0 {root} /var/lib/postgresql rw - ext4 /dev/vda rw");
        assert!(!has(&host, data, &[image]));
        assert!(!has(
            &host,
            data,
            &[image, &volume("/var/lib/docker/volumes/x")]
        ));
        assert!(!has(
            &host,
            data,
            &[image, &volume("/var/lib/pgs/tenants/1/data/base")]
        ));
        assert!(!has(
            &host,
            data,
            &[image, &volume("/var/lib/pgs/tenants/11")]
        ));
        for root in ["/", "/var/lib/pgs", data] {
            assert!(has(&host, data, &[image, &volume(root)]), "{root}");
        }
        let subvolume = "51 50 0:34 /sub/data /data rw - btrfs /dev/vdb rw";
        assert!(has(&host, "/srv/my disk/data", &[image, subvolume]));
        assert!(!has(&host, "/srv/my disk/other", &[image, subvolume]));
    }

    #[test]
    fn everybody_who_has_our_mounts_may_be_there() {
        let here = tempfile::tempdir().unwrap();
        assert!(!is_out_of_reach(Path::new("/proc/self"), here.path()));
        assert!(!is_out_of_reach(Path::new("/proc/none"), here.path()));
        assert!(parse(b"36 35 98:0 /half\\04").is_none());
    }
}
