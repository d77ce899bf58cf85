"""BernoulliRBM in the place of scikit-learn's, and the estimators under its checks."""
import numpy as np
import pytest

import harmonium


def test_bernoulli_rbm_learns(bits):
    X = np.tile(bits[[7, 56]], (50, 1))
    rbm = harmonium.BernoulliRBM(4, learning_rate=0.05, n_iter=40, random_state=0).fit(X)
    assert rbm.components_.shape == (4, 6) and rbm.intercept_hidden_.shape == (4,) and rbm.intercept_visible_.shape == (6,)
    assert rbm.h_samples_.shape == (10, 4) and set(np.unique(rbm.h_samples_)) <= {0, 1} and rbm.n_features_in_ == 6
    start = harmonium.BernoulliRBM(4, n_iter=0, random_state=0).fit(X)
    assert rbm.log_likelihood(X).value > start.log_likelihood(X).value + 0.5
    assert rbm.score_samples(X).mean() > rbm.score_samples(1 - np.eye(6)[[0] * 100]).mean()


def test_same_parameters_same_numbers(bits):
    neural_network = pytest.importorskip("sklearn.neural_network")
    ours = harmonium.BernoulliRBM(4, learning_rate=0.1, n_iter=20, random_state=5).fit(bits[:40])
    theirs = neural_network.BernoulliRBM(4, n_iter=0, random_state=5).fit(bits)
    for name in ("components_", "intercept_hidden_", "intercept_visible_"):
        setattr(theirs, name, getattr(ours, name).astype(float))
    assert np.allclose(ours.transform(bits), theirs.transform(bits), atol=1e-6)
    assert np.allclose(ours.score_samples(bits), theirs.score_samples(bits), atol=1e-4)


def test_gibbs_draws_afresh(bits):
    rbm = harmonium.BernoulliRBM(4, n_iter=1, random_state=0).fit(bits)
    first, second = rbm.gibbs(bits), rbm.gibbs(bits)
    assert set(np.unique(first)) <= {0, 1} and not np.array_equal(first, second)


def test_partial_fit_goes_on(bits):
    X = np.repeat(bits[[7, 56]], 5, axis=0)

    def learned(n):
        rbm = harmonium.BernoulliRBM(4, learning_rate=0.1, random_state=0)
        for _ in range(n):
            rbm.partial_fit(X)
        return rbm

    assert learned(300).log_likelihood(X).value > learned(1).log_likelihood(X).value + 1
    chains = learned(300)._chains  # all of them begin at the data; here they are spread over both patterns, not stuck
    assert len(np.unique(chains, axis=0)) > 1
    assert np.array_equal(learned(3).components_, learned(3).components_)


def test_parameters_are_checked(bits):
    for wrong in (dict(n_components=0), dict(batch_size=0), dict(n_iter=-1), dict(learning_rate=0)):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            harmonium.BernoulliRBM(**wrong).fit(bits)


@pytest.mark.parametrize("make", [
    lambda: harmonium.BernoulliRBM(4, n_iter=2), lambda: harmonium.RBM("3", visible="gaussian", epochs=2, threads=1),
    lambda: harmonium.DBN("3, 2", visible="gaussian", epochs=2, threads=1),
    lambda: harmonium.DBNClassifier("30, 30", visible="gaussian", epochs=100, batch_size=10, learning_rate=0.02, threads=1)],
    ids=["BernoulliRBM", "RBM", "DBN", "DBNClassifier"])
@pytest.mark.filterwarnings("ignore")
def test_check_estimator(make):
    pytest.importorskip("sklearn")
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(make())


def test_signature_is_scikit_learns():
    neural_network = pytest.importorskip("sklearn.neural_network")
    assert harmonium.BernoulliRBM().get_params() == neural_network.BernoulliRBM().get_params()


def test_pipeline_and_grid_search(digits):
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    X, y = digits[0][:1200], digits[1][:1200]
    pipeline = make_pipeline(harmonium.BernoulliRBM(30, n_iter=10, random_state=0), LogisticRegression(max_iter=300))
    search = GridSearchCV(pipeline, {"bernoullirbm__learning_rate": [0.01, 0.1]}, cv=2).fit(X, y)
    assert search.best_score_ > 0.6


def test_likelihood_chooses(bits):
    pytest.importorskip("sklearn")
    from sklearn.model_selection import GridSearchCV

    X = np.tile(bits[[7, 56]], (50, 1))
    search = GridSearchCV(harmonium.RBM("4", learner="exact", learning_rate=0.5), {"epochs": [1, 50]}, cv=2).fit(X)
    assert search.best_params_ == {"epochs": 50}


def test_feature_names(bits):
    pandas = pytest.importorskip("pandas")
    rbm = harmonium.BernoulliRBM(2, n_iter=1).fit(pandas.DataFrame(bits, columns=list("abcdef")))
    assert list(rbm.feature_names_in_) == list("abcdef")
