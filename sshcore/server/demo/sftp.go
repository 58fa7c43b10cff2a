package demo

import (
	"errors"
	"io"
	"io/fs"

	"github.com/pkg/sftp"
)

// files answers SFTP requests from a tree.
type files struct{ t *tree }

func (t *tree) handlers() sftp.Handlers {
	f := files{t}
	return sftp.Handlers{FileGet: f, FilePut: f, FileCmd: f, FileList: f}
}

// Fileread opens for reading.
func (f files) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	h, err := f.t.openFile(r.Filepath, opening{})
	if err != nil {
		return nil, status(err)
	}
	return h, nil
}

// Filewrite opens for writing.
func (f files) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	return f.OpenFile(r)
}

// OpenFile opens for reading and writing.
func (f files) OpenFile(r *sftp.Request) (sftp.WriterAtReaderAt, error) {
	p := r.Pflags()
	h, err := f.t.openFile(r.Filepath, opening{
		write: true, create: p.Creat, exclusive: p.Excl, truncate: p.Trunc, append: p.Append,
	})
	if err != nil {
		return nil, status(err)
	}
	return reporting{h}, nil
}

// reporting gives a handle's errors the codes of SFTP.
type reporting struct{ *handle }

func (r reporting) WriteAt(p []byte, off int64) (int, error) {
	n, err := r.handle.WriteAt(p, off)
	return n, status(err)
}

// Filecmd changes names and attributes.
func (f files) Filecmd(r *sftp.Request) error {
	switch r.Method {
	case "Setstat":
		return status(f.setstat(r))
	case "Rename":
		return status(f.t.rename(r.Filepath, r.Target, false))
	case "Rmdir":
		return status(f.t.remove(r.Filepath, true))
	case "Remove":
		return status(f.t.remove(r.Filepath, false))
	case "Mkdir":
		return status(f.t.mkdir(r.Filepath))
	case "Link":
		return status(f.t.link(r.Filepath, r.Target))
	case "Symlink":
		return status(f.t.symlink(r.Filepath, r.Target))
	}
	return sftp.ErrSSHFxOpUnsupported
}

// PosixRename renames and replaces.
func (f files) PosixRename(r *sftp.Request) error {
	return status(f.t.rename(r.Filepath, r.Target, true))
}

// StatVFS tells how full the board is.
func (f files) StatVFS(*sftp.Request) (*sftp.StatVFS, error) {
	f.t.mu.RLock()
	defer f.t.mu.RUnlock()
	free := uint64(maxTreeBytes-f.t.bytes) / blockSize
	left := uint64(maxTreeNodes - f.t.nodes)
	return &sftp.StatVFS{
		Bsize: blockSize, Frsize: blockSize,
		Blocks: maxTreeBytes / blockSize, Bfree: free, Bavail: free,
		Files: maxTreeNodes, Ffree: left, Favail: left,
		Namemax: maxNameBytes,
	}, nil
}

func (f files) setstat(r *sftp.Request) error {
	has, want := r.AttrFlags(), r.Attributes()
	if has.Size {
		if err := f.t.resize(r.Filepath, int64(want.Size)); err != nil {
			return err
		}
	}
	return f.t.change(r.Filepath, func(n *node) error {
		if has.Permissions {
			n.mode = n.mode&fs.ModeType | want.FileMode().Perm()
		}
		if has.Acmodtime {
			n.modified = want.ModTime()
		}
		return nil
	})
}

// Filelist lists a directory or describes a file.
func (f files) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	switch r.Method {
	case "List":
		d, err := f.t.openDir(r.Filepath)
		if err != nil {
			return nil, status(err)
		}
		return d, nil
	case "Stat":
		i, err := f.t.stat(r.Filepath, true)
		return listing{i}, status(err)
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

// Lstat describes a file or the symbolic link itself.
func (f files) Lstat(r *sftp.Request) (sftp.ListerAt, error) {
	i, err := f.t.stat(r.Filepath, false)
	return listing{i}, status(err)
}

// Readlink returns a symbolic link's target as it was given.
func (f files) Readlink(p string) (string, error) {
	target, err := f.t.readlink(p)
	return target, status(err)
}

// LookupUserName names the one owner; the machine's users are not asked.
func (f files) LookupUserName(string) string { return "robey" }

// LookupGroupName names the one group.
func (f files) LookupGroupName(string) string { return "bbs" }

// status gives an error the code that SFTP has for it, if it has one.
func status(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errNotDir):
		return sftp.ErrSSHFxNoSuchFile
	case errors.Is(err, fs.ErrPermission):
		return sftp.ErrSSHFxPermissionDenied
	}
	return err
}
