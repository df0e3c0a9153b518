//! Fills a server with customers before it is measured, over a few connections at once.

use std::thread;

use anyhow::{Context, Result, anyhow};

const CONNECTIONS: u32 = 16;

/// Calls `create` for every number from 1 to `count`, over several connections, and returns what it returned, in
/// the order of the numbers. `connect` makes what each connection works with.
///
/// # Errors
/// The first error of `create`.
pub fn seed<Connection, Created: Send>(
    count: u32,
    connect: impl Fn() -> Connection + Sync,
    create: impl Fn(&Connection, u32) -> Result<Created> + Sync,
) -> Result<Vec<Created>> {
    let work_of = |first: u32| -> Result<Vec<(u32, Created)>> {
        let connection = connect();
        (first..=count)
            .step_by(CONNECTIONS as usize)
            .map(|number| Ok((number, create(&connection, number)?)))
            .collect()
    };
    let mut created = thread::scope(|scope| -> Result<Vec<(u32, Created)>> {
        let workers: Vec<_> = (1..=CONNECTIONS).map(|first| scope.spawn(move || work_of(first))).collect();
        let mut all = Vec::new();
        for worker in workers {
            let part = worker.join().map_err(|_| anyhow!("a seeding thread panicked"))?;
            all.extend(part.context("cannot create the customers")?);
        }
        Ok(all)
    })?;
    created.sort_unstable_by_key(|(number, _)| *number);
    Ok(created.into_iter().map(|(_, created)| created).collect())
}

#[cfg(test)]
mod tests {
    use super::seed;

    #[test]
    fn every_number_comes_once_and_in_order() {
        let created = seed(100, || (), |(), number| Ok(number)).unwrap();
        assert_eq!(created, (1..=100).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_is_told() {
        let seeded = seed(
            100,
            || (),
            |(), number| {
                anyhow::ensure!(number != 50, "no fiftieth");
                Ok(number)
            },
        );
        assert!(seeded.is_err());
    }
}
