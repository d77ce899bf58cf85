# %% [markdown]
# # A deep belief net that dreams what it is told to
# The top machine sees labels beside features. Held to a label, its Gibbs chains come upon digits of that class.

# %%
import numpy as np

import harmonium

X, y, shape = harmonium.load_data("digits", classes="0-4", subset=2500)
net = harmonium.DBN("100, 200", labels=5, aim="generative", epochs=10, batch_size=20).fit(X, y)

# %%
wanted = np.repeat(np.arange(5), 10)
dreams = net.sample(len(wanted), steps=300, label=wanted)
harmonium.save_pictures("dreams.png", dreams, shape, columns=10, title="a row a label, 0 to 4")

# %% [markdown]
# Do they show it? Another net, which has learned from other digits to tell the classes apart, is asked.

# %%
others = harmonium.load_data("digits", part="test", classes="0-4")
judge = harmonium.NetClassifier("60", epochs=3, batch_size=20, backprop_epochs=5, backprop_batch_size=20).fit(others.X, others.y)
for label in range(5):
    print(f"dreams of {label}: {np.mean(judge.predict(dreams[wanted == label]) == label):.0%} are taken for it")
