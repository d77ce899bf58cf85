# %% [markdown]
# # Features for a classifier of scikit-learn
# Logistic regression on features that a machine has learned without labels, beside the same on raw pixels; the search finds the
# learning rate.

# %%
import sys

import harmonium

try:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
except ImportError:
    print("skipped: scikit-learn is not installed (Debian: python3-sklearn)")
    sys.exit(0)

X, y, _ = harmonium.load_data("digits", subset=1000)
test = harmonium.load_data("digits", part="test", subset=1000)

# %%
raw = LogisticRegression(tol=0.05, max_iter=500).fit(X, y)
pipeline = make_pipeline(harmonium.BernoulliRBM(100, n_iter=8, random_state=0), LogisticRegression(tol=0.05, max_iter=500))
search = GridSearchCV(pipeline, {"bernoullirbm__learning_rate": [0.01, 0.05]}, cv=2).fit(X, y)

# %%
print(f"raw pixels: {raw.score(test.X, test.y):.1%} of 1,000 unseen digits are right")
print(f"features ({search.best_params_}): {search.score(test.X, test.y):.1%}")
