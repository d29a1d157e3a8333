use pgs_core::wire::{OptionArgs, setting_in};

/// What `options` says is read as the server reads it: its arguments are bytes of it, they survive being written again,
/// and what is appended to options that are whole is what counts.
pub fn options(data: &[u8]) {
    let args: Vec<Vec<u8>> = OptionArgs::new(data).map(Into::into).collect();
    assert!(args.iter().map(|arg| arg.len() + 1).sum::<usize>() <= data.len() + 1);
    // An argument that is empty can only be written at the end.
    let whole = !args.iter().any(Vec::is_empty);
    let written = args.iter().map(|arg| escaped(arg)).collect::<Vec<_>>();
    let written = written.join(&b' ');
    if whole {
        let again: Vec<Vec<u8>> = OptionArgs::new(&written).map(Into::into).collect();
        assert_eq!(again, args);
        assert_eq!(setting_in(&written, SETTING), setting_in(data, SETTING));
    }
    let first = [b"--pgs.tenant=acme ", data].concat();
    assert!(setting_in(&first, SETTING).is_some());
    if setting_in(data, SETTING).is_some() {
        assert_eq!(setting_in(&first, SETTING), setting_in(data, SETTING));
    }
}

fn escaped(arg: &[u8]) -> Vec<u8> {
    arg.iter().flat_map(|byte| [b'\\', *byte]).collect()
}

const SETTING: &[u8] = b"pgs.tenant";
