//! Every clause, each in its shapes.

#![deny(warnings)]
#![forbid(unsafe_code)]

use parla::prelude::*;
use parla::{Bytes, DeviceId, DeviceKind, TaskRef};
use std::sync::Arc;

#[parla::main(workers = 2, seed = 7, crate = ::parla)]
async fn main() -> parla::Result<()> {
    let (t, u) = (TaskSpace::new("T"), TaskSpace::with_shape("U", [3, 3]));
    let n = 3_usize;
    let half = 0.5;
    let size = Bytes::new(1 << 10);
    let shared = Arc::new(1);

    for i in 0..n {
        for j in 0..n {
            #[spawn(u[i, j], deps = [u[i - 1, j], u[i, j - 1]])]
            fn _cell() {}
        }
    }
    let handles: Vec<_> = (0..n).map(|i| t.task(i).spawn(move || i)).collect();
    let first = &handles[0];

    #[spawn(
        t[n],
        deps = [t[..n], t[0..=1], t[0..n; 2], t[n - 1], t[2 * 1 - 1], u[.., 0], u[0, 1..], u, &u],
        placement = [cpu { vcus = 0.5, memory = "1 KiB" }, cpu(0), any],
        input = [first, second = handles[1]],
        clone = [shared, half],
        vcus = half,
        memory = size,
        priority = -1,
        name = format!("sum of {n}"),
        crate = parla,
    )]
    fn sum() -> usize {
        drop((shared, half));
        first + second
    }
    #[spawn(t[n + 1], deps = [handles, handles[1], handles[n - 2], [[t[0]]]], vcus = 1, memory = 1024, name = "list")]
    fn list() {}
    #[spawn(deps = handles)]
    fn _single() {}
    #[spawn(deps = (0..3).map(|i| t.task(i)), memory = "1.5 MiB")]
    fn _iterator() {}
    #[spawn(input = sum, placement = with(sum))]
    fn _reads() {
        assert_eq!(*sum, 1);
    }
    #[spawn(deps = [t[0]], placement = with(t[0]))]
    fn _follows() {}
    #[spawn(placement = near(sum))]
    fn _near() {}
    #[spawn(placement = Placement::cpu())]
    fn _expression() {}
    #[spawn(placement = DeviceId::new(DeviceKind::Cpu, 0))]
    fn _device() {}
    #[spawn(placement = cpu * 1)]
    fn _set() {}
    #[spawn(placement = (cpu))]
    fn _tuple() {}
    #[spawn(clone = shared)]
    fn _name() {
        drop(shared);
    }
    let (by_reference, in_an_arc) = (&handles, Arc::new(handles.clone()));
    let (some, none) = (Some(first), None::<Task<()>>);
    #[spawn(deps = [by_reference, in_an_arc, by_reference[0], in_an_arc[n - 1], some, none, [first]])]
    fn _references() {}
    #[spawn(deps = [after_waiting(&t).await?, t.task(last(&[3, 4])?)])]
    fn _fallible() {}
    assert_eq!(sum.await?, 1);
    list.await?;
    _name.await?;
    assert_eq!(Arc::strong_count(&shared), 1);
    Ok(())
}

async fn after_waiting(t: &TaskSpace<'static>) -> parla::Result<TaskRef<'static>> {
    t.task(0).await?;
    Ok(t.task(1))
}

fn last(indices: &[usize]) -> parla::Result<usize> {
    let last = indices.last().copied();
    last.ok_or_else(|| std::io::Error::other("no indices").into())
}
