//! Scopes in scopes and in bodies; spaces of the inner, the outer and no scope.

use parla::prelude::*;

#[parla::main(workers = 2)]
fn main() -> parla::Result<()> {
    let mut values = [0; 8];
    let outside = TaskSpace::new("outside");
    parla::scope(|s| {
        let t = s.task_space("outer");
        let own = TaskSpace::new("own");
        #[spawn(own[0], deps = [outside[0]])]
        fn waits_beyond_the_scope() {}
        for (i, half) in values.chunks_mut(4).enumerate() {
            #[spawn(t[i], deps = [t[i - 1], t[2]])]
            fn fill() -> parla::Result<()> {
                parla::scope(|s| {
                    let t = s.task_space_with_shape("inner", [4]);
                    for (j, value) in half.iter_mut().enumerate() {
                        #[spawn(t[j], deps = [t[j + 1]])]
                        fn one() {
                            *value = i + j;
                        }
                    }
                    s.task().deps(&t).spawn(|| ());
                })
            }
        }
        parla::scope(|inner| {
            let u = inner.task_space("u");
            let later = s.task_space("later");
            #[spawn(u[0], deps = [u[1]])]
            fn first() {}
            #[spawn(u[1])]
            fn second() {}
            #[spawn(later[0], deps = [t[3]])]
            fn of_the_outer_scope() {}
        })
        .expect("no task fails");
        #[spawn(t[2])]
        fn starts_them() {}
        #[spawn(t[3])]
        fn starts_the_other() {}
    })?;
    #[spawn(outside[0])]
    fn after() {}
    assert_eq!(values, [0, 1, 2, 3, 1, 2, 3, 4]);
    Ok(())
}
