use std::collections::BTreeSet;

use prometheus::Registry;

use super::OverviewCache;
use crate::store::Scope;

#[test]
fn an_answer_is_kept_for_its_scope_and_range_only() {
    let cache = OverviewCache::new(&Registry::new()).unwrap();
    let some = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
    let shop = Scope::within("a", some(&["shop"]));
    cache.put(&shop, 60_000_000, 120_000_000, "shop's".to_owned());
    cache.put(&Scope::tenant("a"), 60_000_000, 120_000_000, "everybody's".to_owned());
    assert_eq!(cache.get(&shop, 60_000_000, 120_000_001).as_deref(), Some("shop's"));
    assert_eq!(cache.get(&Scope::tenant("a"), 60_000_000, 120_000_000).as_deref(), Some("everybody's"));
    for other in
        [Scope::tenant("b"), Scope::within("b", some(&["shop"])), Scope::within("a", some(&["shop", "bank"]))]
    {
        assert_eq!(cache.get(&other, 60_000_000, 120_000_000), None, "{other:?}");
    }
    assert_eq!(cache.get(&shop, 0, 120_000_000), None);
}
