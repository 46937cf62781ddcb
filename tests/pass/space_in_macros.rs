//! Macros that spawn, jump, bind and count.

use parla::prelude::*;

macro_rules! spawn_in {
    ($t:expr, $i:expr) => {
        $t.task($i).spawn(|| ())
    };
}

macro_rules! chain {
    ($t:expr, $($i:expr),+) => {
        $({
            #[spawn($t[$i], deps = [$t[$i - 1]])]
            fn link() {}
        })+
    };
}

macro_rules! stop_if {
    ($condition:expr) => {
        if $condition {
            break;
        }
    };
}

macro_rules! bind {
    ($name:ident = $value:expr) => {
        let $name = $value;
    };
}

macro_rules! bump {
    ($counter:ident) => {
        $counter += 1;
    };
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[9], deps = [t[0..5]])]
    fn waits() {}
    spawn_in!(t, 0);
    chain!(t, 1, 2, 3);
    macro_rules! spawn_four {
        () => {
            t.task(4).spawn(|| ())
        };
    }
    spawn_four!();

    let u = TaskSpace::new("U");
    for i in 0..8 {
        #[spawn(u[i % 2])]
        fn twice() {}
        stop_if!(i == 1);
    }
    let k = 2;
    #[spawn(u[k])]
    fn two() {}
    bind!(k = 3);
    #[spawn(u[k])]
    fn three() {}
    let mut n = 4;
    #[spawn(u[n])]
    fn four() {}
    bump!(n);
    #[spawn(u[n])]
    fn five() {}
    println!("{t:?} {u:?} {n}");
    assert!(format!("{u:?}").contains('U'));
    let text = format!("{}", {
        #[spawn(u[6])]
        fn in_an_argument() {}
        in_an_argument.name()
    });
    assert_eq!(text, "U[6]");
    use parla::spawn as go;
    #[go(u[7])]
    fn under_another_name() {}
    #[spawn(deps = [waits, u[0..8]])]
    fn last() {}
    last.await?;
    Ok(())
}
