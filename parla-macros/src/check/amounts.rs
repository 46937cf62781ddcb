//! Amounts that are written out must be possible on some machine.

use crate::diag::{Code, Diagnostics};
use crate::model::{Amount, DeviceKind, GraphFunction, Number, Place, Size, Spawn};

/// `vcus` is a share of one device.
pub(crate) fn vcus(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    share(spawn.vcus.as_ref(), code, diag);
    shares(spawn, &mut |it| share(it.vcus.as_ref(), code, diag));
}

/// `memory` is a size.
pub(crate) fn memory(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    size(spawn.memory.as_ref(), code, diag);
    shares(spawn, &mut |it| size(it.memory.as_ref(), code, diag));
}

fn shares(spawn: &Spawn, see: &mut impl FnMut(&crate::model::Share)) {
    let Some(placement) = &spawn.placement else {
        return;
    };
    placement.walk(&mut |place| {
        if let Place::Shared { share, .. } = place {
            see(share);
        }
    });
}

fn share(vcus: Option<&Amount>, code: Code, diag: &mut Diagnostics) {
    let Some(vcus) = vcus.filter(|vcus| !vcus.is_share()) else {
        return;
    };
    let shown = crate::diag::shown(&vcus.expr);
    let message = match vcus.number {
        Number::Text => format!("`vcus` is a number, not `{shown}`"),
        _ => format!("`vcus` is the share of one device, from 0 to 1, not `{shown}`"),
    };
    let mistake = diag.error(vcus.site, code, message);
    match vcus.number {
        Number::Integer(2..) => {
            mistake.help("a share is part of one device; for several, write `placement = gpu * 2`")
        }
        _ => mistake.help("write a number such as `0.5`"),
    };
}

fn size(size: Option<&Size>, code: Code, diag: &mut Diagnostics) {
    if let Some(Size::Wrong { site, shown }) = size {
        diag.error(*site, code, format!("`{shown}` is not a size"))
            .help("write a number of bytes, or a text such as `\"2 GiB\"` (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)");
    }
}

/// Devices are counted from 0, and a set of them isn't empty.
pub(crate) fn devices(spawn: &Spawn, code: Code, diag: &mut Diagnostics) {
    let Some(placement) = &spawn.placement else {
        return;
    };
    placement.walk(&mut |place| match place {
        Place::Times { count, .. } if !count.is_count(1) => {
            let shown = crate::diag::shown(&count.expr);
            let message = format!("`{shown}` is not a number of devices");
            diag.error(count.site, code, message)
                .help("write a whole number of 1 or more");
        }
        Place::Device {
            kind,
            number: Some(number),
            ..
        } if number.constant().is_some_and(|number| number < 0) => {
            let kind = if *kind == DeviceKind::Cpu {
                "cpu"
            } else {
                "gpu"
            };
            let message = format!("the number of a `{kind}` is 0 or more");
            diag.error(number.span(), code, message)
                .help(format!("the first is `{kind}(0)`"));
        }
        _ => {}
    });
}

/// A runtime has workers, and all its options are whole numbers.
pub(crate) fn entry_options(graph: &GraphFunction, code: Code, diag: &mut Diagnostics) {
    let options = [
        ("workers", &graph.options.workers, 1),
        ("gpus", &graph.options.gpus, 0),
        ("sim_gpus", &graph.options.sim_gpus, 0),
        ("seed", &graph.options.seed, 0),
    ];
    for (name, amount, least) in options {
        let Some(amount) = amount.as_ref().filter(|it| !it.is_count(least)) else {
            continue;
        };
        let shown = crate::diag::shown(&amount.expr);
        diag.error(
            amount.site,
            code,
            format!("`{name}` is a whole number of {least} or more, not `{shown}`"),
        )
        .help(match name {
            "workers" => "leave it out for one worker per core",
            "gpus" => "leave it out for all there are",
            "sim_gpus" => "write a number such as `1`",
            _ => "write a number such as `42`",
        });
    }
}
