# %% [markdown]
# # What a restricted Boltzmann machine sees in digits
# It learns from pictures alone. Its features are drawn, and its likelihood of digits that it never saw is bracketed.

# %%
import harmonium

X, y, shape = harmonium.load_data("digits", subset=3000)
unseen = harmonium.load_data("digits", part="test", subset=500).X
rbm = harmonium.RBM("36", aim="generative", epochs=10, batch_size=20).fit(X)

# %% [markdown]
# Each picture holds the weights of one hidden unit: white pixels turn it on, black ones off.

# %%
harmonium.save_pictures("features.png", rbm.components_, shape, columns=6, signed=True, title="36 features")
print(f"a digit is described by {rbm.transform(unseen).mean() * 36:.1f} of 36 features")

# %% [markdown]
# The sum over all states is out of reach, so annealed importance sampling estimates it, with the interval of three standard
# deviations, and once more from the model's own chains back: how far the two differ says how far to trust them.

# %%
told = rbm.evaluate(unseen, chains=100, betas="1500:1", reverse=True)
print(f"log P of an unseen digit: {told.log_likelihood.value:.1f} nats (from {told.log_likelihood.low:.1f} to "
      f"{told.log_likelihood.high:.1f}); from the other end {told.log_likelihood_reverse.value:.1f}")
