use std::{io, path::Path};

/// There is something at the path, and it is no socket.
pub(crate) fn no_socket(path: &Path, is_link: bool) -> io::Error {
    let path = path.display();
    io::Error::other(if is_link {
        format!(
            "`{path}` is a symbolic link, which is not followed: a server's socket should be there"
        )
    } else {
        format!("`{path}` is not a socket")
    })
}
